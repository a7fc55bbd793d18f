"""Any grid over any source: every pixel shows the source pixel under it, and nothing outside of the source."""

from __future__ import annotations

import numpy as np
from affine import Affine
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.warp import transform, transform_bounds

from app.model.grid import Bounds, Grid
from app.model.source import Header
from app.read.cog.geometry import ERROR_MAX, TOLERANCE, Sampling, Untransformable, sample_grid

UTM = CRS.from_epsg(32633)
CRSES = [CRS.from_epsg(code) for code in (3857, 4326, 32633, 32632, 3035, 2056)]
SLACK = TOLERANCE + ERROR_MAX + 0.01
"""Pixels by which a coordinate may be off: what GDAL allows itself, and what interpolation adds."""


def header(width: int, height: int, overviews: tuple[tuple[int, int], ...]) -> Header:
    place = Affine(10, 0, 500000, 0, -10, 5200000)
    bounds: Bounds = (500000, 5200000 - 10 * height, 500000 + 10 * width, 5200000)
    return Header(
        version="v", lattice="l", crs=UTM, transform=place, width=width, height=height, bounds=bounds,
        bounds_wgs84=(15, 46, 16, 47), overviews=overviews, block_bytes=2**18, band_count=1, indexes=(1,),
        descriptions=("b1",), dtype="uint16",
    )  # fmt: skip


@st.composite
def cases(draw: st.DrawFn) -> tuple[Header, Grid, int | None]:
    """A source of up to 10 x 10 km, and a grid that may reach beyond it or miss it."""
    width, height = draw(st.integers(1, 1000)), draw(st.integers(1, 1000))
    coarse = (max(1, width // 3), max(1, height // 3))
    source, crs = header(width, height, (coarse,)), draw(st.sampled_from(CRSES))
    x, y = draw(st.floats(499000, 511000)), draw(st.floats(5189000, 5201000))
    side = draw(st.floats(5, 20000))
    bounds = transform_bounds(UTM, crs, x - side, y - side, x + side, y + side)
    grid = Grid(crs=crs, bounds=bounds, width=draw(st.integers(1, 300)), height=draw(st.integers(1, 300)))
    return source, grid, draw(st.sampled_from([None, 0]))


def sampled(source: Header, grid: Grid, overview: int | None) -> Sampling:
    try:
        return sample_grid(grid, source, overview)
    except Untransformable:
        assume(False)
        raise


def exact_places(source: Header, grid: Grid, size: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns and rows of the level under all pixel centres, without any approximation."""
    columns, rows = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    x, y = grid.transform * (columns.ravel(), rows.ravel())
    xs, ys = transform(grid.crs, source.crs, x, y)
    column, row = ~source.transform * (np.asarray(xs), np.asarray(ys))
    return column * (size[0] / source.width), row * (size[1] / source.height)


@settings(max_examples=150, deadline=None)
@given(cases())
def test_a_pixel_shows_the_source_pixel_under_it_and_is_masked_outside(case):
    """To within what GDAL allows itself; as this holds for every tile, no seam can lie between two of them."""
    source, grid, overview = case
    size = (source.width, source.height) if overview is None else source.overviews[overview]
    sampling = sampled(source, grid, overview)
    (top, _), (left, right) = sampling.rows, sampling.columns
    inside = np.ones(grid.width * grid.height, bool) if sampling.inside is None else sampling.inside.ravel()
    columns, rows = exact_places(source, grid, size)

    def in_reach(slack: float) -> NDArray[np.bool_]:
        return (columns > -slack) & (columns < size[0] + slack) & (rows > -slack) & (rows < size[1] + slack)

    assert (in_reach(-SLACK) <= inside).all(), "a pixel inside is masked"
    assert (inside <= in_reach(SLACK)).all(), "a pixel outside is shown"
    row, column = np.divmod(sampling.index[inside], right - left)
    assert (np.abs(column + left + 0.5 - columns[inside]) <= 0.5 + SLACK).all()
    assert (np.abs(row + top + 0.5 - rows[inside]) <= 0.5 + SLACK).all()


@settings(max_examples=150, deadline=None)
@given(cases())
def test_the_window_lies_in_the_level_and_every_index_in_the_window(case):
    source, grid, overview = case
    width, height = (source.width, source.height) if overview is None else source.overviews[overview]
    sampling = sampled(source, grid, overview)
    (top, bottom), (left, right) = sampling.rows, sampling.columns
    assert 0 <= top < bottom <= height
    assert 0 <= left < right <= width
    assert sampling.index.shape == (grid.width * grid.height,)
    assert sampling.index.min() >= 0
    assert sampling.index.max() < (bottom - top) * (right - left)


@given(st.integers(1, 2000), st.integers(1, 2000), st.integers(1, 300), st.integers(1, 300))
def test_a_smaller_whole_has_the_pixels_that_whole_numbers_say(width, height, columns, rows):
    """Also where a middle is on the border of two pixels: the one behind it, as in GDAL."""
    source = header(width, height, ())
    sampling = sample_grid(Grid(crs=UTM, bounds=source.bounds, width=columns, height=rows), source, None)
    (top, _), (left, right) = sampling.rows, sampling.columns
    index = sampling.index.reshape(rows, columns)
    assert (left + index[0] % (right - left)).tolist() == [(2 * n + 1) * width // (2 * columns) for n in range(columns)]
    assert (top + index[:, 0] // (right - left)).tolist() == [(2 * n + 1) * height // (2 * rows) for n in range(rows)]
