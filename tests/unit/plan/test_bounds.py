from __future__ import annotations

from dataclasses import replace

import pytest
from affine import Affine
from rasterio.crs import CRS

from app.errors import UpstreamUnusable
from app.model.grid import Bounds
from app.model.source import Header
from app.plan.bounds import on_the_globe, union_wgs84

HEADER = Header(
    version="v1",
    lattice="l1",
    crs=CRS.from_epsg(4326),
    transform=Affine.identity(),
    width=1,
    height=1,
    bounds=(0, 0, 1, 1),
    bounds_wgs84=(0, 0, 1, 1),
    overviews=(),
    block_bytes=1,
    band_count=1,
    indexes=(1,),
    descriptions=("b1",),
    dtype="uint8",
)


@pytest.mark.parametrize(
    ("boxes", "union"),
    [
        ([(10, 50, 11, 51)], (10, 50, 11, 51)),
        ([(10, 50, 11, 51), (12, 49, 13, 50)], (10, 49, 13, 51)),
        ([(-10, 0, -5, 1), (5, 0, 10, 1)], (-10, 0, 10, 1)),
        ([(178, 50, -179, 51)], (178, 50, -179, 51)),
        ([(178, 50, -179, 51), (177, 49, -178, 50)], (177, 49, -178, 51)),
        ([(178, 50, -179, 51), (-179, 50, -177, 51)], (178, 50, -177, 51)),
        ([(178, 50, -179, 51), (170, 50, 171, 51)], (170, 50, -179, 51)),
        ([(178, 50, -179, 51), (-10, 50, 10, 51)], (-10, 50, -179, 51)),
        ([(0, 50, 180, 51), (180, 50, -0.5, 51)], (0, 50, -0.5, 51)),
        ([(-180, -90, 180, 90), (178, 50, -179, 51)], (-180, -90, 180, 90)),
    ],
)
def test_boxes_across_the_antimeridian_are_joined_on_the_round_earth(boxes: list[Bounds], union: Bounds) -> None:
    assert union_wgs84([replace(HEADER, bounds_wgs84=box) for box in boxes]) == pytest.approx(union)


def test_a_source_without_a_place_has_no_bounds() -> None:
    with pytest.raises(UpstreamUnusable, match="no coordinate reference system"):
        union_wgs84([HEADER, replace(HEADER, crs=None, bounds_wgs84=None)])
    with pytest.raises(UpstreamUnusable, match="cannot be transformed to longitude"):
        union_wgs84([HEADER, replace(HEADER, bounds_wgs84=None)])


def test_what_passes_the_poles_ends_there() -> None:
    assert on_the_globe((-180.2, -90.2, 180.2, 90.2)) == (-180, -90, 180, 90)
    assert on_the_globe((10, 20, 30, 40)) == (10, 20, 30, 40)
    assert on_the_globe((170, -10, -170, 95)) == (-180, -10, 180, 90)
