"""A file of which GDAL is given what has come: what it lacks is noted, fetched together, and at last waited for."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from app.errors import UpstreamFailed
from app.model.location import RemoteLocation
from app.net.ranges import HEAD_BYTES
from app.read import foreseen
from app.read.foreseen import Foreseen
from app.settings import Settings
from tests.reading import reading
from tests.upstream import Upstream, upstream

DATA = random.Random(2).randbytes(400_000)
BLOCKS = [(200_000, 5000), (205_000, 5000), (390_000, 700)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Upstream]:
    (tmp_path / "a.tif").write_bytes(DATA)
    with upstream(tmp_path) as running:
        yield running


def run(server: Upstream, story: Callable[[Foreseen], Awaitable[None]]) -> None:
    async def tell() -> None:
        async with reading(Settings(allow_hosts=server.host)) as room:
            opened = await room.store.open(RemoteLocation(server.url("/a.tif")))
            try:
                await story(Foreseen(opened))
            finally:
                opened.close()

    asyncio.run(tell())


def test_what_has_not_come_is_lacking_until_it_is_fetched(server: Upstream) -> None:
    async def story(file: Foreseen) -> None:
        assert file.lacks
        await file.fetch()
        assert not file.lacks
        assert file.read(100, 50) == DATA[100:150]
        with pytest.raises(UpstreamFailed):
            file.read(300_000, 10)
        assert file.lacks
        await file.fetch()
        assert file.read(300_000, 10) == DATA[300_000:300_010]
        assert file.read(300_100, 10) == DATA[300_100:300_110]  # a little more came along

    run(server, story)


def test_all_blocks_that_are_lacking_are_fetched_together(server: Upstream) -> None:
    async def story(file: Foreseen) -> None:
        await file.fetch()
        with pytest.raises(UpstreamFailed):
            file.read_many(BLOCKS)
        await file.fetch()
        assert file.read_many(BLOCKS) == [DATA[start : start + length] for start, length in BLOCKS]

    run(server, story)


def test_in_the_end_it_waits_for_what_is_lacking_and_keeps_what_has_come(server: Upstream) -> None:
    async def story(file: Foreseen) -> None:
        await file.fetch()
        file.waits = True
        asked = server.count("/a.tif")
        body = await asyncio.to_thread(file.read_many, [(0, 100), *BLOCKS])
        assert body == [DATA[:100], *(DATA[start : start + length] for start, length in BLOCKS)]
        assert server.count("/a.tif") > asked
        assert await asyncio.to_thread(file.read, 390_000, 700) == DATA[390_000:390_700]

    run(server, story)


def test_no_more_is_held_than_fits(server: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreseen, "HELD_BYTES_MAX", HEAD_BYTES + 10_000)

    async def story(file: Foreseen) -> None:
        await file.fetch()
        assert not file.is_full
        with pytest.raises(UpstreamFailed):
            file.read_many(BLOCKS)
        assert file.is_full

    run(server, story)
