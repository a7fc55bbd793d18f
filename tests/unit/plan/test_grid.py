"""The output grid of a request."""

from __future__ import annotations

import pytest
from affine import Affine
from rasterio.crs import CRS

from app.errors import BadRequest, OutOfBounds, UpstreamUnusable
from app.model.grid import Frame
from app.model.source import Header
from app.plan.grid import plan_grid

UTM, WGS84, MERCATOR = CRS.from_epsg(32636), CRS.from_epsg(4326), CRS.from_epsg(3857)


def header(size: int = 1000, resolution: float = 10, crs: CRS | None = UTM) -> Header:
    """A square north-up source whose corner is at 290000, 3270000."""
    side = size * resolution
    return Header(
        version="v1",
        lattice="l1",
        crs=crs,
        transform=Affine(resolution, 0, 290000, 0, -resolution, 3270000),
        width=size,
        height=size,
        bounds=(290000, 3270000 - side, 290000 + side, 3270000),
        bounds_wgs84=(30.8, 29.4, 30.9, 29.5),
        overviews=(),
        block_bytes=2**18,
        band_count=1,
        indexes=(1,),
        descriptions=("b1",),
        dtype="uint16",
    )


BOX = Frame(bounds=(291000, 3262000, 293000, 3266000), bounds_crs=UTM, crs=UTM)


def test_a_box_without_a_size_keeps_the_sources_resolution():
    """2000 x 4000 m at 10 m."""
    grid = plan_grid(BOX, (header(),))
    assert (grid.width, grid.height) == (200, 400)


def test_the_finest_source_decides_the_resolution():
    grid = plan_grid(
        BOX,
        (
            header(500, 20),
            header(1000, 10),
        ),
    )
    assert (grid.width, grid.height) == (200, 400)


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"width": 64, "height": 64}, (64, 64)),
        ({"width": 100}, (100, 200)),
        ({"height": 100}, (50, 100)),
        ({"max_size": 100}, (50, 100)),
        ({"max_size": 400}, (200, 400)),
        ({"width": 7, "max_size": 100}, (7, 14)),
    ],
)
def test_sizes_keep_the_aspect_unless_both_are_given(options, size):
    frame = Frame(bounds=BOX.bounds, bounds_crs=UTM, crs=UTM, **options)
    grid = plan_grid(frame, (header(),))
    assert (grid.width, grid.height) == size


def test_parts_of_pixels_count_for_the_aspect_of_a_box_that_is_not_warped():
    """7781 x 11181 m at 120 m are 64.84 x 93.18 pixels: 120 wide it is 172.4 high, so 173, as rio-tiler has it."""
    bounds = (291000, 3250000, 298781, 3261181)
    grid = plan_grid(Frame(bounds=bounds, bounds_crs=UTM, crs=UTM, width=120), (header(500, 120),))
    assert (grid.width, grid.height) == (120, 173)
    grid = plan_grid(Frame(bounds=bounds, bounds_crs=UTM, crs=UTM), (header(500, 120),))
    assert (grid.width, grid.height) == (65, 93)


def test_a_preview_is_the_whole_source_in_its_own_crs():
    grid = plan_grid(Frame(max_size=256), (header(),))
    assert (grid.crs, grid.bounds, grid.width) == (UTM, header().bounds, 256)


def test_a_preview_in_another_crs_covers_the_whole_source():
    grid = plan_grid(Frame(crs=MERCATOR, max_size=256), (header(),))
    assert grid.crs == MERCATOR
    assert max(grid.width, grid.height) == 256


def test_a_box_elsewhere_is_out_of_bounds():
    with pytest.raises(OutOfBounds):
        plan_grid(Frame(bounds=(0, 0, 1, 1), bounds_crs=WGS84, crs=WGS84, width=8, height=8), (header(),))


def test_a_box_that_has_no_place_in_the_output_crs_is_refused():
    frame = Frame(bounds=(-180, 89.9999, 180, 90), bounds_crs=WGS84, crs=MERCATOR, width=8, height=8)
    with pytest.raises((BadRequest, OutOfBounds)):
        plan_grid(frame, (header(),))


def test_a_source_without_a_crs_cannot_be_put_on_a_map():
    with pytest.raises(UpstreamUnusable, match="no coordinate reference system"):
        plan_grid(Frame(bounds=(0, 0, 1, 1), bounds_crs=MERCATOR, crs=MERCATOR), (header(crs=None),))


def test_a_buffer_adds_pixels_of_the_same_size_on_every_side():
    """256 and 0.5 make 257, as rio-tiler counts."""
    frame = Frame(bounds=(291000, 3262000, 293560, 3264560), bounds_crs=UTM, crs=UTM, width=256, height=256, buffer=0.5)
    grid = plan_grid(frame, (header(),))
    assert (grid.width, grid.height) == (257, 257)
    assert grid.bounds == (290995, 3261995, 293565, 3264565)


def test_aligned_bounds_are_whole_pixels_of_the_finest_source():
    """Pixels begin at multiples of 10 m and 20 m of the left upper corner."""
    left, bottom, right, top = BOX.bounds
    frame = Frame(bounds=(left + 3, bottom + 3, right - 12, top - 12), bounds_crs=UTM, crs=UTM, aligned=True)
    fine, coarse = header(1000, 10), header(500, 20)
    grid = plan_grid(frame, (coarse, fine))
    assert grid.bounds == (left, bottom, right - 10, top - 10)
    assert (grid.width, grid.height) == (199, 399)
    assert plan_grid(frame, (coarse,)).bounds == (left, bottom, right, top)
