"""What no reader of the series can leave out, and nothing else: ``python -m benchmarks.bare``.

The head of each file, one block of it, inflated and summed, by aiohttp, libdeflate and numpy: without a search, a plan,
guards, band math and statistics. CPU of this process, which is the client alone.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import aiohttp
import deflate
import numpy as np
import uvloop

from app.net.ranges import HEAD_BYTES
from app.read.cog.likeness import likeness_of
from app.serve.tuning import tune
from benchmarks.options import Options
from benchmarks.scene import scene
from benchmarks.series import BANDS, LATENCY_MS, SCENES, many_scenes, name_of
from benchmarks.upstream import Upstream, upstream

CONNECTIONS = 16
BLOCK = 512
MIDDLE, OF = 4, 9
"""The block in the middle of the overview that has nine, which the notebook's place lies in."""


def main() -> None:
    """Print the CPU of a scene."""
    tune()
    with many_scenes(scene(Options().size)) as folder, upstream(folder) as source:
        source.set_latency(LATENCY_MS)
        print(f"{uvloop.run(_measure(folder, source)):.1f} ms of CPU a scene")


async def _measure(folder: Path, source: Upstream) -> float:
    places = {band: _place(folder / name_of(0) / f"{band}.tif") for band in BANDS}
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False, read_bufsize=1 << 18) as session:

        async def fetch(path: str, offset: int, length: int) -> bytes:
            asked = {"Range": f"bytes={offset}-{offset + length - 1}"}
            async with session.get(source.url(path), headers=asked) as answer:
                return await answer.read()

        async def read(number: int, band: str) -> None:
            path = f"/{name_of(number)}/{band}.tif"
            await fetch(path, 0, HEAD_BYTES)
            raw = deflate.zlib_decompress(await fetch(path, *places[band]), BLOCK * BLOCK * 2)
            np.cumsum(np.frombuffer(raw, "<u2").reshape(BLOCK, BLOCK), axis=1, dtype=np.uint32).astype(np.uint16)

        await read(0, BANDS[0])
        started = time.process_time()
        await asyncio.gather(*(read(number, band) for number in range(SCENES) for band in BANDS))
        return 1000 * (time.process_time() - started) / SCENES


def _place(path: Path) -> tuple[int, int]:
    """Offset and size of the block."""
    with path.open("rb") as file:
        likeness = likeness_of(file.read(HEAD_BYTES))
    assert likeness is not None
    [level] = [blocks for blocks in likeness.blocks if len(blocks.offsets) == OF]
    return level.offsets[MIDDLE], level.counts[MIDDLE]


if __name__ == "__main__":
    main()
