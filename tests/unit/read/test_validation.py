"""What keeps a file from being a COG, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

from app.read.validation.levels import Level
from app.read.validation.verdict import errors_of, warnings_of

FULL = Level(width=2048, height=2048, block_yx=(512, 512), directory_at=192, pixels_at=900_000)
HALF = Level(width=1024, height=1024, block_yx=(512, 512), factor=2, directory_at=500, pixels_at=300_000)
QUARTER = Level(width=512, height=512, block_yx=(512, 512), factor=4, directory_at=800, pixels_at=2_000)
COG = (FULL, HALF, QUARTER)


def judged(*levels: Level, edited: bool = False) -> list[str]:
    return errors_of(levels, edited=edited)


def test_directories_first_then_pixels_from_coarse_to_fine_is_a_cog() -> None:
    assert judged(*COG) == []
    assert warnings_of(COG) == []


def test_strips_are_an_error_where_the_raster_is_large() -> None:
    [error] = judged(replace(FULL, block_yx=(1, 2048), is_tiled=False), HALF, QUARTER)
    assert error == "The full resolution is not tiled: its 2048 x 2048 pixels lie in blocks of the whole width."
    small = replace(FULL, width=512, height=512, block_yx=(16, 512), is_tiled=False)
    assert judged(small) == warnings_of([small]) == []


def test_an_overview_in_strips_is_an_error() -> None:
    [error] = judged(FULL, replace(HALF, block_yx=(8, 1024), is_tiled=False), QUARTER)
    assert error.startswith("Overview 1 is not tiled")


def test_a_large_raster_without_overviews_is_a_warning() -> None:
    assert judged(FULL) == []
    [warning] = warnings_of([FULL])
    assert "2048 x 2048" in warning


def test_the_first_directory_begins_within_300_bytes() -> None:
    assert judged(replace(FULL, directory_at=300), HALF, QUARTER) == []
    [error] = judged(replace(FULL, directory_at=301), HALF, QUARTER)
    assert "byte 301" in error


def test_a_directory_before_that_of_a_finer_level_is_an_error() -> None:
    [error] = judged(FULL, replace(HALF, directory_at=800), replace(QUARTER, directory_at=500))
    assert error == "The directory of overview 2 (byte 500) is before that of overview 1 (byte 800)."


def test_pixels_before_the_last_directory_are_an_error() -> None:
    [error] = judged(FULL, HALF, replace(QUARTER, pixels_at=799))
    assert error == "The pixels of overview 2 (byte 799) are before the last directory (byte 800)."


def test_pixels_from_fine_to_coarse_are_an_error() -> None:
    [error] = judged(replace(FULL, pixels_at=3_000), HALF, QUARTER)
    assert error == "The pixels of the full resolution (byte 3000) are before those of overview 1 (byte 300000)."


def test_levels_without_a_stored_block_are_passed_over() -> None:
    assert judged(FULL, replace(HALF, pixels_at=None), QUARTER) == []
    assert judged(replace(FULL, pixels_at=None, directory_at=None)) == []


def test_overviews_are_smaller_and_smaller() -> None:
    sizes = judged(FULL, replace(HALF, factor=4), replace(QUARTER, factor=2))
    assert sizes == ["The overviews are not sorted from fine to coarse: their factors are 4, 2."]
    assert judged(FULL, replace(HALF, factor=1), QUARTER) == ["An overview is as large as the full resolution."]


def test_a_layout_that_was_broken_afterwards_is_an_error() -> None:
    [error] = judged(*COG, edited=True)
    assert "KNOWN_INCOMPATIBLE_EDITION" in error


def test_a_tile_as_wide_as_the_overview_is_no_strip() -> None:
    tall = replace(QUARTER, width=512, height=1024)
    assert judged(FULL, HALF, tall) == []
