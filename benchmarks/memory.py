"""Resident memory of Swath over many tiles of many scenes: it has to stop growing when the caches are full."""

from __future__ import annotations

import os
import random
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.cases import CASES, paths
from benchmarks.load import load
from benchmarks.place import cache_folder
from benchmarks.scene import scene
from benchmarks.servers import SWATH, Bench
from benchmarks.tiles import scattered

SIZE = 4096
"""Width of the scenes: small files with the full overviews."""
SCENES = 200
STEPS = (0, 2000, 5000, 10000, 15000, 20000)
CLIENTS = 4
MIXED = "abcde"


def measure_memory() -> dict[str, Any]:
    """Memory in MiB after each step, and its growth since the first; one worker, all caches as they are shipped."""
    with TemporaryDirectory(dir=cache_folder()) as name:
        folder = Path(name)
        items = [_copy(folder / f"{number:03}") for number in range(SCENES)]
        asked = mixed(items, STEPS[-1])
        with Bench(folder=folder, peer=None).start(SWATH, caches=True) as server:
            sizes = {}
            for start, stop in pairwise(STEPS):
                load(server.base, asked[start:stop], clients=CLIENTS)
                sizes[stop] = server.memory_mb()
    return {"mb": sizes, "growth": sizes[STEPS[-1]] / sizes[STEPS[1]] - 1, "scenes": SCENES}


def mixed(items: list[str], count: int) -> list[str]:
    """Requests of all kinds of pictures, of tiles anywhere in scenes drawn by lot."""
    chance, places = random.Random(1), scattered(400)
    return [paths(CASES[chance.choice(MIXED)], chance.choice(items), [chance.choice(places)])[0] for _ in range(count)]


def _copy(folder: Path) -> str:
    """Another scene of the same bytes, which take no room; to a server it is another one."""
    folder.mkdir()
    for path in scene(SIZE).iterdir():
        os.link(path, folder / path.name)
    return str(folder / "item.json")
