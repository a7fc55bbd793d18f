"""What a plan may cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.compute.algorithms.hillshade import Hillshade
from app.compute.algorithms.mean import Mean
from app.compute.algorithms.terrarium import Terrarium
from app.errors import LimitExceeded
from app.limits.limits import Limits
from app.model.grid import Grid
from app.model.location import FileLocation
from app.model.plan import Plan, PlannedRead
from app.model.request import Format
from app.model.shape import Shape
from app.model.source import Source
from app.settings import Settings
from tests.geojson import box
from tests.unit.plan.test_grid import UTM, header

SOURCE = Source(name="B04", location=FileLocation(Path("/data"), Path("/data/B04.tif")))


def plan(width: int = 256, height: int = 256, *, bands: int = 1, pixels: float = 0, shape: Shape | None = None) -> Plan:
    grid = Grid(crs=None, bounds=(0, 0, 1, 1), width=width, height=height)
    read = PlannedRead(source=SOURCE, header=header(), indexes=tuple(range(1, bands + 1)), pixels=pixels)
    return Plan(grid=grid, reads=(read,), shape=shape)


def test_pictures_and_arrays_have_sizes_of_their_own():
    limits = Limits(Settings())
    limits.check(plan(2048, 2048), Format.PNG)
    limits.check(plan(4096, 4096), Format.NPY)
    with pytest.raises(LimitExceeded, match=r"2049 x 10 pixels; 2048 a side are allowed .SWATH_CROP_SIZE_MAX"):
        limits.check(plan(2049, 10), None)
    with pytest.raises(LimitExceeded, match="SWATH_ARRAY_SIZE_MAX"):
        limits.check(plan(4097, 10), Format.TIFF)


def test_all_bands_together_are_bounded():
    """3 x 4096 x 4096 x 2 bytes are 96 MiB."""
    with pytest.raises(LimitExceeded, match=r"96 MiB of pixels, 64 are allowed .SWATH_ANSWER_MAX_MB"):
        Limits(Settings()).check(plan(4096, 4096, bands=3), Format.NPY)


def test_pixels_that_are_summed_up_while_warping_are_bounded_together():
    """1e6 pixels in the CRS of the answer are not warped."""
    sums = replace(plan(pixels=1e6), reproject="sum")
    with pytest.raises(LimitExceeded, match=r"229 MiB for 1e.06 pixels of the sources, 160 are allowed"):
        Limits(Settings()).check(sums, Format.NPY)
    Limits(Settings()).check(replace(sums, reproject="average"), Format.NPY)
    Limits(Settings()).check(replace(sums, grid=replace(sums.grid, crs=sums.reads[0].header.crs)), Format.NPY)
    halves = tuple(replace(read, pixels=5e5) for read in 2 * sums.reads)
    with pytest.raises(LimitExceeded, match="229 MiB"):
        Limits(Settings()).check(replace(sums, reads=halves), Format.NPY)


def test_what_an_algorithm_makes_counts_too():
    """4096 x 4096: 2 bytes read and 1 made are 48 MiB, 2 read and 3 made 80, 2 read and 8 made 160."""
    shaded, colored, mean = (replace(plan(4096, 4096), algorithm=kind()) for kind in (Hillshade, Terrarium, Mean))
    Limits(Settings()).check(shaded, Format.NPY)
    for large, told in ((colored, "80 MiB"), (mean, "160 MiB")):
        with pytest.raises(LimitExceeded, match=told):
            Limits(Settings()).check(large, Format.NPY)


def test_the_margin_of_an_algorithm_is_no_part_of_the_answers_size():
    wide = plan(2048 + 6, 2048 + 6)
    Limits(Settings()).check(replace(wide, inner=plan(2048, 2048).grid), Format.PNG)
    with pytest.raises(LimitExceeded, match="2054 x 2054"):
        Limits(Settings()).check(wide, Format.PNG)


def test_a_raster_without_overviews_is_not_read_whole():
    with pytest.raises(LimitExceeded, match=r"1\.6e.09 pixels, because it has no overviews"):
        Limits(Settings()).check(plan(pixels=40_000.0**2), None)


def test_a_jp2_is_as_large_as_a_picture_and_an_npz_as_an_array():
    limits = Limits(Settings())
    limits.check(plan(4096, 4096), Format.NPZ)
    with pytest.raises(LimitExceeded, match="SWATH_CROP_SIZE_MAX"):
        limits.check(plan(2049, 10), Format.JP2)


@pytest.mark.parametrize(("format", "side", "bands"), [(Format.TIFF, 4096, 1), (Format.JP2, 2048, 4)])
def test_a_tiff_or_jp2_may_hold_half_of_what_others_may(format, side, bands):
    """4096 x 4096 x 2 bytes, as 2048 x 2048 x 4 bands x 2 bytes, are 32 MiB."""
    limits = Limits(Settings())
    limits.check(plan(side, side, bands=bands), format)
    with pytest.raises(
        LimitExceeded, match=rf"32 are allowed .SWATH_ANSWER_MAX_MB, of which a \.{format} may have 50%"
    ):
        limits.check(plan(side, side, bands=bands + 1), format)
    limits.check(plan(side, side, bands=bands + 1), Format.NPY if bands == 1 else Format.PNG)


def test_pixels_that_are_measured_are_fewer_than_those_of_a_picture():
    """2048 x 2048 x (32 + 3 x 3) bytes are 164 MiB, one more band makes 176."""
    limits = Limits(Settings())
    limits.check_measured(plan(2048, 2048, bands=3), 10)
    with pytest.raises(LimitExceeded, match=r"176 MiB, 170 are allowed.*max_size"):
        limits.check_measured(plan(2048, 2048, bands=4), 10)


def test_a_shape_is_drawn_on_so_many_cells():
    """1000 x 1000 pixels of 23 x 23 cells are 5.3e8."""
    square = Shape(polygons=((tuple((x, y) for x, y in box(0, 0, 1, 1)),),), crs=UTM)
    Limits(Settings()).check_measured(plan(1000, 1000, shape=square), 22)
    with pytest.raises(LimitExceeded, match=r"5\.3e.08 cells.*cover_scale"):
        Limits(Settings()).check_measured(plan(1000, 1000, shape=square), 23)


def test_a_shape_has_so_many_borders():
    """5000 times up and down through 1000 rows are 1e7 crossings, as many as are allowed."""
    teeth = tuple((n / 10_000, float(n % 2)) for n in range(10_001))
    comb = Shape(polygons=(((*teeth, teeth[0]),),), crs=UTM)
    Limits(Settings()).check(plan(999, 999, shape=comb), None)
    with pytest.raises(LimitExceeded, match=r"1e.07 crossings.*Simplify"):
        Limits(Settings()).check(plan(1001, 1001, shape=comb), None)


def test_shapes_of_a_collection_are_as_many_pixels_as_can_be_measured_in_time():
    """50 squares of 500 x 500 pixels and 4 bands are 5e7; of one band they are 1.25e9 cells of 10 x 10 a pixel."""
    square = Shape(polygons=((tuple((x, y) for x, y in box(0, 0, 1, 1)),),), crs=UTM)
    limits = Limits(Settings())
    limits.check_collection([plan(500, 500, bands=4, shape=square)] * 50, 10)
    with pytest.raises(LimitExceeded, match=r"51 different features have 5\.1e.07 pixels.*SWATH_MEASURED_PIXELS_MAX"):
        limits.check_collection([plan(500, 500, bands=4, shape=square)] * 51, 10)
    with pytest.raises(LimitExceeded, match=r"2\.02e.09 cells.*cover_scale"):
        limits.check_collection([plan(500, 500, shape=square)] * 81, 10)
    with pytest.raises(LimitExceeded, match="SWATH_TOUCHED_PIXELS_MAX"):
        limits.check_collection([plan(500, 500, shape=square, pixels=6e7)] * 2, 10)
