"""A shape is brought to the coordinates of the grid."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.crs import CRS
from rasterio.warp import transform

from app.errors import BadRequest
from app.model.shape import Shape
from app.plan.shape import project
from tests.geojson import box, star

WGS84, UTM, POLAR = CRS.from_epsg(4326), CRS.from_epsg(32636), CRS.from_epsg(3413)


def shape_of(*rings: list[list[float]]) -> Shape:
    return Shape(polygons=tuple((tuple((x, y) for x, y in ring),) for ring in rings), crs=WGS84)


def test_every_point_is_moved():
    ring = star(30, 29, 31, 30)
    moved = project(shape_of(ring, box(33, 30, 34, 31)), UTM)
    xs, ys = transform(WGS84, UTM, *zip(*ring, strict=True))
    assert len(moved.polygons) == 2
    np.testing.assert_allclose(moved.polygons[0][0], np.column_stack([xs, ys]))


@pytest.mark.parametrize("crs", [WGS84, None])
def test_a_shape_stays_where_its_coordinates_are_those_of_the_grid(crs):
    shape = shape_of(box(0, 0, 1, 1))
    assert project(shape, crs) is shape


@pytest.mark.parametrize("ring", [box(0, -90, 10, 80), box(-180, -90, 180, 90)], ids=["pole", "world"])
def test_a_point_that_has_no_place_is_told(ring):
    """The south pole is infinitely far from the north one, in a projection of the north."""
    with pytest.raises(BadRequest, match="EPSG:3413"):
        project(shape_of(ring), POLAR)
