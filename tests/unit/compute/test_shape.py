"""Which pixels a shape touches, and how much of each it covers."""

from __future__ import annotations

import numpy as np
import pytest
from rasterio.crs import CRS
from rio_tiler.models import ImageData

from app.compute import shape as module
from app.compute.shape import coverage, cut, touched
from app.model.grid import Grid
from app.model.shape import Shape
from tests.geojson import box, star
from tests.rasters import raster

UTM = CRS.from_epsg(32636)


def shape_of(*rings: list[list[float]]) -> Shape:
    return Shape(polygons=(tuple(tuple((x, y) for x, y in ring) for ring in rings),), crs=UTM)


def grid(width: int, height: int) -> Grid:
    """Pixels of one unit; the lower left corner is 0, 0."""
    return Grid(crs=UTM, bounds=(0, 0, width, height), width=width, height=height)


def test_a_pixel_is_touched_by_a_shape_that_covers_a_tenth_of_it():
    shape = shape_of(box(1.05, 0.05, 2.2, 0.95))
    np.testing.assert_array_equal(touched(grid(4, 2), shape), [[0, 0, 0, 0], [0, 1, 1, 0]])


def test_what_is_outside_is_invalid_and_zero_and_the_given_raster_stays_as_it_was():
    whole = raster([[1, 2, 3, 4]])  # pixels of 10 units
    left = cut(whole, shape_of(box(0.5, 0.5, 19.5, 9.5)))
    np.testing.assert_array_equal(left.data, [[[1, 2, 0, 0]]])
    np.testing.assert_array_equal(left.mask, [[[True, True, False, False]]])
    assert whole.data.all()
    assert whole.mask.all()


def test_without_a_shape_nothing_is_done():
    whole = raster([[1, 2, 3, 4]])
    assert cut(whole, None) is whole


def test_coverage_of_a_rectangle_is_the_product_of_its_sides():
    """In tenths of a pixel: columns from 0.5 to 3, rows from 0.2 (below) to 2."""
    columns, rows = np.array([0.5, 1, 1, 0]), np.array([1, 0.8])
    found = coverage(grid(4, 2), shape_of(box(0.5, 0.2, 3, 2)), scale=10)
    np.testing.assert_allclose(found, np.outer(rows, columns), atol=1e-6)


def test_a_hole_covers_nothing():
    found = coverage(grid(3, 3), shape_of(box(0, 0, 3, 3), box(1, 1, 2, 2)), scale=10)
    assert found[1, 1] < 0.4  # cells on the border of the hole are touched
    assert found.sum() == pytest.approx(8 + found[1, 1])


@pytest.mark.parametrize("scale", [1, 3, 10])
def test_coverage_is_rio_tilers(scale):
    shape = shape_of(star(-10, -8, 60, 48, points=14))
    image = ImageData(np.ma.zeros((1, 40, 50)), crs=UTM, bounds=(0, 0, 50, 40))
    theirs = image.get_coverage_array(shape.geometry, shape_crs=UTM, cover_scale=scale)
    np.testing.assert_array_equal(coverage(grid(50, 40), shape, scale), theirs)


def test_strips_make_the_same_as_one_piece(monkeypatch):
    shape = shape_of(star(-10, -8, 60, 48, points=14))
    whole = coverage(grid(50, 40), shape, scale=10)
    monkeypatch.setattr(module, "CELLS_AT_ONCE", 7 * 50 * 100)
    np.testing.assert_array_equal(coverage(grid(50, 40), shape, scale=10), whole)


def test_equal_borders_have_one_key():
    first, again, other = (shape_of(box(0, 0, 1, size)) for size in (1, 1, 2))
    assert first.key == again.key != other.key
