"""What makes files alike: every byte that a directory tells, and not where blocks are."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from app.read.cog.likeness import Likeness, likeness_of
from tests.hostile_tiff import hostile_tiffs, tiff

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 12: 8}
TABLES = (324, 325)


@pytest.fixture(scope="module")
def cog() -> bytes:
    """A COG of two levels, little-endian, with values beside its entries and behind them."""
    with MemoryFile() as file:
        with file.open(
            driver="COG",
            width=700,
            height=700,
            count=1,
            dtype="uint16",
            nodata=0,
            crs="EPSG:32636",
            transform=from_origin(300_000, 3_400_000, 10, 10),
            blocksize=256,
            compress="deflate",
        ) as dataset:
            dataset.write(np.arange(490_000, dtype="uint16").reshape(1, 700, 700))
            dataset.update_tags(platform="sentinel-2a")
        return bytes(file.read())


def entries(body: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Tag, place, type and number of the values of each entry."""
    [offset] = struct.unpack_from("<I", body, 4)
    while offset:
        [count] = struct.unpack_from("<H", body, offset)
        for at in range(offset + 2, offset + 2 + 12 * count, 12):
            tag, kind, number = struct.unpack_from("<HHI", body, at)
            inline = SIZES[kind] * number <= 4
            yield tag, at + 8 if inline else struct.unpack_from("<I", body, at + 8)[0], kind, number
        [offset] = struct.unpack_from("<I", body, offset + 2 + 12 * count)


def flipped(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def known(body: bytes) -> Likeness:
    likeness = likeness_of(body)
    assert likeness is not None
    return likeness


def test_every_byte_of_every_value_counts_but_those_of_block_tables(cog: bytes) -> None:
    """Changed by one bit, the file is of another kind, or odd."""
    digest = known(cog).digest
    seen = set()
    for tag, at, kind, number in entries(cog):
        for place in range(at, at + SIZES[kind] * number):
            likeness = likeness_of(flipped(cog, place))
            if tag in TABLES:
                assert likeness is not None
                assert likeness.digest == digest
                assert likeness.blocks != known(cog).blocks
            else:
                assert likeness is None or likeness.digest != digest, tag
        seen.add(tag)
    assert {256, 259, 324, 325, 33550, 34735, 42112, 42113} <= seen


def test_tag_type_and_number_of_values_count_too(cog: bytes) -> None:
    """An entry says with its first eight bytes what its values are."""
    digest = known(cog).digest
    [offset] = struct.unpack_from("<I", cog, 4)
    for at in range(offset, offset + 2 + 12 * 16):
        if at < offset + 2 or (at - offset - 2) % 12 < 8:
            likeness = likeness_of(flipped(cog, at))
            assert likeness is None or likeness.digest != digest


def test_the_blocks_are_where_the_tables_say(cog: bytes) -> None:
    """Of 700 x 700 pixels in blocks of 256 there are 9, then 4 of 350 x 350, and 1."""
    tables = [
        list(struct.unpack_from(f"<{number}{'H' if kind == 3 else 'I'}", cog, at))
        for tag, at, kind, number in entries(cog)
        if tag in TABLES
    ]
    blocks = known(cog).blocks
    assert [list(table) for each in blocks for table in (each.offsets, each.counts)] == tables
    assert [len(each.offsets) for each in blocks] == [9, 4, 1]
    assert not any(each.is_mask for each in blocks)


def test_a_head_that_does_not_hold_all_is_odd(cog: bytes) -> None:
    """Wherever it is cut before the end of what its directories tell."""
    end = max(at + SIZES[kind] * number for _, at, kind, number in entries(cog))
    assert likeness_of(cog[:end]) is not None
    assert not any(likeness_of(cog[:length]) for length in range(0, end, 7))


@pytest.mark.parametrize("options", [{"tiled": False}, {"compress": "jpeg", "tiled": True}], ids=str)
def test_what_more_than_tags_decide_is_odd(options: dict[str, object]) -> None:
    """GDAL cuts strips as it likes, and looks into JPEG blocks."""
    with MemoryFile() as file:
        with file.open(driver="GTiff", width=256, height=256, count=1, dtype="uint8", **options):
            pass
        assert likeness_of(file.read()) is None


def test_a_file_with_ground_control_points_is_odd() -> None:
    """It has more than one tie point."""
    points = [rasterio.control.GroundControlPoint(row, col, col, row) for row in (0, 90) for col in (0, 90)]
    with MemoryFile() as file:
        with file.open(driver="GTiff", width=256, height=256, count=1, dtype="uint8", tiled=True) as dataset:
            dataset.gcps = points, rasterio.crs.CRS.from_epsg(4326)
        assert likeness_of(file.read()) is None


def test_directories_that_lead_in_a_circle_are_odd() -> None:
    assert likeness_of(tiff(64, 64)) is not None
    assert likeness_of(tiff(64, 64, next_directory=8)) is None


def test_of_hostile_files_nothing_is_raised() -> None:
    """What they are GDAL says, behind its guards."""
    for body in hostile_tiffs().values():
        likeness_of(body[: 32 * 1024])


def test_offsets_that_no_file_reaches_are_left_to_gdal() -> None:
    assert likeness_of(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 2**63) + bytes(64)) is None
