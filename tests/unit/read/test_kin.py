"""What a header is made from, and what is kept for that."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest
from affine import Affine
from async_tiff.enums import Compression

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


def places(header: CogHeader) -> list[int]:
    assert header.layout is not None
    return list(header.layout.levels[0].offsets)


def test_a_header_is_made_of_one_like_it_with_its_own_version_and_blocks() -> None:
    known = Kin(ttl_s=60)
    known.keep(likeness(100), "a", header("a", 100))
    made = known.header(likeness(200), "b")
    assert made is not None
    assert (made.version, places(made)) == ("b", [200])
    assert known.header(Likeness(b"another kind", likeness(200).blocks), "b") is None


@pytest.mark.parametrize(
    "asked",
    [header("another", 100), header("a", 101), replace(header("a", 100), layout=None, declined="it has no CRS")],
    ids=["changed meanwhile", "blocks elsewhere", "declined"],
)
def test_of_a_header_that_would_be_made_otherwise_no_other_is_made(asked: CogHeader) -> None:
    """A file that is another one by now, tables that async-tiff read otherwise, a file that has no layout."""
    known = Kin(ttl_s=60)
    known.keep(likeness(100), "a", asked)
    assert known.header(likeness(200), "b") is None


def test_what_is_kept_has_a_size_and_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    over, one = Kin(ttl_s=0), header("a", 100)
    over.keep(likeness(100), "a", one)
    assert over.header(likeness(200), "b") is None
    monkeypatch.setattr(kin, "KINDS_BYTES", one.weight - 1)
    small = Kin(ttl_s=60)
    small.keep(likeness(100), "a", one)
    assert small.header(likeness(200), "b") is None


def test_a_file_of_many_bands_weighs_more() -> None:
    assert replace(header("a", 100), band_count=1000).weight > 150_000
