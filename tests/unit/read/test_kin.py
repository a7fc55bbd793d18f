"""Who asks GDAL when many files of one kind come at once, and what is kept of its answer."""

from __future__ import annotations

import asyncio
from array import array
from dataclasses import replace
from typing import Any

import pytest
from affine import Affine
from async_tiff.enums import Compression

from app.errors import UpstreamFailed
from app.read.cog import kin
from app.read.cog.header import CogHeader
from app.read.cog.kin import Kin
from app.read.cog.layout import Layout, Level
from app.read.cog.likeness import Blocks, Likeness


def likeness(*places: int) -> Likeness:
    return Likeness(b"kind", (Blocks(array("Q", places), array("Q", [5] * len(places)), is_mask=False),))


def header(version: str, *places: int) -> CogHeader:
    level = Level(
        width=8,
        height=8,
        block_width=8,
        block_height=8,
        across=1,
        offsets=array("Q", places),
        counts=array("Q", [5] * len(places)),
        stored_bytes=5 * len(places),
        dtype="u1",
        bands=1,
        compression=Compression.Deflate,
        predictor=1,
        order="<",
    )
    return CogHeader(
        version=version,
        lattice="",
        crs=None,
        transform=Affine.identity(),
        width=8,
        height=8,
        bounds=(0, 0, 8, 8),
        bounds_wgs84=None,
        overviews=(),
        block_bytes=64,
        band_count=1,
        indexes=(1,),
        descriptions=("b1",),
        dtype="uint8",
        layout=Layout(levels=(level,), masks=()),
        declined="",
    )


class Asked:
    """Gives a header, or fails, when it is let; counts how often it was asked."""

    def __init__(self, answer: CogHeader | Exception) -> None:
        self.answer = answer
        self.count = 0
        self.let = asyncio.Event()
        self.let.set()

    async def __call__(self) -> CogHeader:
        self.count += 1
        await self.let.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def places(header: CogHeader) -> list[int]:
    assert header.layout is not None
    return list(header.layout.levels[0].offsets)


def test_of_files_that_come_at_once_one_is_asked_for() -> None:
    """The others have its header, with their own version and blocks."""

    async def story() -> None:
        known, first = Kin(), Asked(header("a", 100))
        others = [Asked(header(name, 0)) for name in "bc"]
        first.let.clear()
        opening = [
            asyncio.create_task(known.header(likeness(place), version, ask))
            for version, place, ask in (("a", 100, first), ("b", 200, others[0]), ("c", 300, others[1]))
        ]
        await asyncio.sleep(0)
        first.let.set()
        made = await asyncio.gather(*opening)
        assert [(each.version, places(each)) for each in made] == [("a", [100]), ("b", [200]), ("c", [300])]
        assert [first.count, *(ask.count for ask in others)] == [1, 0, 0]

    asyncio.run(story())


@pytest.mark.parametrize(
    "answer",
    [
        UpstreamFailed("gone"),
        header("another", 100),
        header("a", 101),
        replace(header("a", 100), layout=None, declined="it has no CRS"),
    ],
    ids=["failed", "changed meanwhile", "blocks elsewhere", "declined"],
)
def test_what_is_not_told_by_the_first_is_asked_for_the_next(answer: Any) -> None:
    """A failure, a file that is another one by now, tables that async-tiff read otherwise: nothing is made of them."""

    async def story() -> None:
        known, first, second = Kin(), Asked(answer), Asked(header("b", 200))
        await asyncio.gather(known.header(likeness(100), "a", first), return_exceptions=True)
        made = await known.header(likeness(200), "b", second)
        assert (made.version, second.count) == ("b", 1)

    asyncio.run(story())


def test_nobody_waits_long_for_the_file_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be on a server that never answers."""
    monkeypatch.setattr(kin, "WAIT_MAX_S", 0.01)

    async def story() -> None:
        known, first, second = Kin(), Asked(header("a", 100)), Asked(header("b", 200))
        first.let.clear()
        hung = asyncio.create_task(known.header(likeness(100), "a", first))
        await asyncio.sleep(0)
        assert (await known.header(likeness(200), "b", second)).version == "b"
        hung.cancel()
        await asyncio.gather(hung, return_exceptions=True)

    asyncio.run(story())
