"""Which source pixel each output pixel shows: GDAL's nearest neighbour, written as one flat index.

Coordinates are transformed exactly at 9 x 9 Chebyshev nodes and interpolated between them; the error is looked at, and
where it could show the general driver is asked instead. Then they are bent as far as GDAL's own approximation is off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError, RasterioError
from rasterio.warp import transform

from app.model.grid import Grid
from app.model.source import Header

NODES = 9
ERROR_MAX = 0.02
"""Largest error of the interpolated coordinates, in pixels of the level read."""
TOLERANCE = 0.125
"""Error in pixels that GDAL's approximation allows itself (rasterio's default for ``WarpedVRT``)."""
EXACT_POINTS = 5
"""So few points of a row GDAL transforms exactly."""
_EPSILON = 1e-10
"""Added before rounding down, as GDAL's nearest kernel does."""
_NEARLY = 1e-6
"""Of a pixel: what is left of coordinates in metres when pixels are counted from them."""

_FIRST = np.zeros(1, np.intp)
"""The index of a single pixel."""


STRIP_PIXELS = 512 * 512
"""Output pixels whose coordinates are computed at once."""

Floats = NDArray[np.floating[Any]]
Cells = NDArray[np.signedinteger[Any]]
Place = Callable[[slice], Sequence[Floats]]
"""Gives columns and rows in a level under some rows of a grid, which the caller may overwrite."""


class Untransformable(Exception):
    """The coordinates cannot be had this way: the projection is torn there, or bends too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Source pixels of a grid, in one level of one file.

    Attributes:
        rows: Half-open range of level rows that are touched.
        columns: Half-open range of level columns.
        index: Shape ``(height * width,)``: position in the window ``rows x columns``, row by row; of large grids int32,
            else intp, which is quicker.
        inside: Shape ``(height, width)``, bool: False where the output pixel lies outside the source; None: all inside.
    """

    rows: tuple[int, int]
    columns: tuple[int, int]
    index: Cells
    inside: NDArray[np.bool_] | None

    @property
    def weight(self) -> int:
        """Bytes in a cache."""
        return self.index.nbytes + (self.inside.nbytes if self.inside is not None else 0)


def sample_grid(grid: Grid, header: Header, overview: int | None) -> Sampling:
    """Find the pixel under each output pixel, in an overview (None: in the full resolution).

    Raises:
        Untransformable: The general driver has to do it.
    """
    size = header.level_wh(overview)
    if grid.crs == header.crs:
        return _sampling(_unwarped(*_between_edges(grid, header, size)), grid, size)
    left, _, _, top = grid.bounds
    x_size, y_size = grid.resolution_xy
    xs, ys = left + (np.arange(grid.width) + 0.5) * x_size, top - (np.arange(grid.height) + 0.5) * y_size
    assert grid.crs is not None
    return _sampling(_warped(grid.crs, header, size, xs, ys), grid, size)


def sample_point(header: Header, x: float, y: float) -> Sampling | None:
    """Find the pixel of the full resolution under a point of the source's CRS; None outside and on the edge."""
    left, bottom, right, top = header.bounds
    if not (left < x < right and bottom < y < top):
        return None
    inverse = ~header.transform
    column = math.floor(inverse.a * x + inverse.c + _EPSILON)
    row = math.floor(inverse.e * y + inverse.f + _EPSILON)
    if not (0 <= column < header.width and 0 <= row < header.height):
        return None
    return Sampling(rows=(row, row + 1), columns=(column, column + 1), index=_FIRST, inside=None)


def _sampling(place: Place, grid: Grid, size: tuple[int, int]) -> Sampling:
    """Round pixel coordinates down to the pixels of a level.

    It goes in strips: as floats, the coordinates of a large grid would take more memory than its pixels.

    Args:
        place: Gives the coordinates of a strip.
        size: Width and height of the level.
    """
    dtype = np.intp if grid.width * grid.height <= STRIP_PIXELS else np.int32
    columns, rows = (np.zeros((grid.height, grid.width), dtype) for _ in range(2))
    inside: NDArray[np.bool_] | None = None
    spare, without = (0, 0), []
    step = max(1, STRIP_PIXELS // grid.width)
    for start in range(0, grid.height, step):
        strip = slice(start, start + step)
        x, y = (np.floor(np.add(at, _EPSILON, out=at), out=at) for at in place(strip))
        beyond = _beyond(x, y, size)
        if beyond is not None:
            inside = np.ones(columns.shape, bool) if inside is None else inside
            inside[strip] = ~beyond
            if beyond.all():
                without.append(strip)
                continue
            # Pixels outside are sent to one that is read anyway; they are masked afterwards.
            spare = int(x[inside[strip]][0]), int(y[inside[strip]][0])
            x[beyond], y[beyond] = spare
        columns[strip], rows[strip] = x, y
    for strip in without:
        columns[strip], rows[strip] = spare
    return _indexed(columns, rows, inside)


def _indexed(columns: Cells, rows: Cells, inside: NDArray[np.bool_] | None) -> Sampling:
    """Number the pixels of the window that holds all of them; ``rows`` is overwritten."""
    left, right, top, bottom = int(columns.min()), int(columns.max()) + 1, int(rows.min()), int(rows.max()) + 1
    if (right - left) * (bottom - top) > np.iinfo(columns.dtype).max:
        raise Untransformable  # nobody could hold the window
    rows -= top
    rows *= right - left
    rows += columns
    rows -= left
    return Sampling(rows=(top, bottom), columns=(left, right), index=rows.ravel(), inside=inside)


def _beyond(columns: Floats, rows: Floats, size: tuple[int, int]) -> NDArray[np.bool_] | None:
    """True where a pixel lies outside the level; None where none does."""
    width, height = size
    if columns.min() >= 0 and rows.min() >= 0 and columns.max() < width and rows.max() < height:
        return None
    beyond: NDArray[np.bool_] = (columns < 0) | (columns >= width) | (rows < 0) | (rows >= height)
    return beyond


def _to_pixels(header: Header, size: tuple[int, int], x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Turn coordinates of the source's CRS into columns and rows of a level; the raster is not rotated."""
    inverse = ~header.transform
    columns = (inverse.a * x + inverse.c) * (size[0] / header.width)
    return columns, (inverse.e * y + inverse.f) * (size[1] / header.height)


def _between_edges(grid: Grid, header: Header, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Columns and rows of a grid in the source's own CRS, counted from its edges in pixels as GDAL does.

    Coordinates in metres have too few digits for it: 200 rows of 1024 have their middles at 2.56, 7.68 … 64.0, and
    64.0 is row 64, not 63.
    """
    left, bottom, right, top = grid.bounds
    inverse = ~header.transform
    columns = _whole(np.array([inverse.a * x + inverse.c for x in (left, right)])) * (size[0] / header.width)
    rows = _whole(np.array([inverse.e * y + inverse.f for y in (top, bottom)])) * (size[1] / header.height)
    return _middles(columns, grid.width), _middles(rows, grid.height)


def _whole(pixels: Floats) -> Floats:
    """Edges that are on the border of a pixel but for a rounding are there."""
    near = np.round(pixels)
    return np.where(np.abs(pixels - near) < _NEARLY, near, pixels)


def _middles(edges: Floats, count: int) -> Floats:
    start, stop = edges
    return np.asarray(start + (np.arange(count) + 0.5) * ((stop - start) / count))


def _unwarped(columns: Floats, rows: Floats) -> Place:
    """All pairs of columns and rows, of a grid in the source's own CRS."""

    def place(strip: slice) -> Sequence[Floats]:
        return np.meshgrid(columns, rows[strip])

    return place


def _warped(crs: CRS, header: Header, size: tuple[int, int], xs: Floats, ys: Floats) -> Place:
    """Columns and rows under all pairs of ``xs`` and ``ys``: exact at nodes, interpolated between them, then bent."""
    x_at = _stretched(np.concatenate([_NODES, _CHECKS]), xs)
    y_at = _stretched(np.concatenate([_NODES, _CHECKS]), ys)
    assert header.crs is not None
    exact = np.stack(_to_pixels(header, size, *_transform(crs, header.crs, x_at, y_at)))
    nodes, truth = exact[:, :NODES, :NODES], exact[:, NODES:, NODES:]
    error = _TO_CHECKS @ nodes @ _TO_CHECKS.T - truth
    if not float(np.abs(error).max()) <= ERROR_MAX:
        raise Untransformable
    lines, weights = _weights_of(len(ys)) @ nodes, _weights_of(len(xs))

    def place(strip: slice) -> Sequence[Floats]:
        some = lines[:, strip]
        bent = np.empty((2, some.shape[1], len(xs)))
        _bend(bent, some, weights, np.arange(some.shape[1]), 0, len(xs))
        return bent[0], bent[1]

    return place


def _bend(out: Floats, lines: Floats, weights: Floats, rows: NDArray[np.intp], start: int, stop: int) -> None:
    """Fill columns ``start`` to ``stop`` of some rows as ``GDALApproxTransform`` does, up to 1/8 pixel off the truth.

    A row is a straight line between its ends where its middle errs little, else its halves are. Without this a pixel in
    ten would be the neighbour of the one that GDAL shows.

    Args:
        out: Shape ``(2, height, width)``: columns and rows, filled here.
        lines: Shape ``(2, height, NODES)``: the rows at the nodes.
        weights: Shape ``(width, NODES)``: of the nodes in each column.
    """
    count = stop - start
    if count <= EXACT_POINTS:
        out[:, rows, start:stop] = lines[:, rows] @ weights[start:stop].T
        return
    last, middle = stop - 1, start + (count - 1) // 2
    first, mean, end = np.moveaxis(lines[:, rows] @ weights[[start, middle, last]].T, -1, 0)
    slope = (end - first) / (last - start)
    bent = np.abs(first + (middle - start) * slope - mean).sum(axis=0) > TOLERANCE
    steps = np.arange(count, dtype=np.float64)
    whole = len(rows) == out.shape[1]
    straight = out[:, :, start:stop] if whole else np.empty((2, len(rows), count))
    np.multiply(slope[:, :, None], steps, out=straight)
    straight += first[:, :, None]
    if not whole:
        out[:, rows, start:stop] = straight
    if bent.any():
        _bend(out, lines, weights, rows[bent], start, middle)
        _bend(out, lines, weights, rows[bent], middle, stop)


def _transform(source: CRS, target: CRS, xs: Floats, ys: Floats) -> tuple[Floats, Floats]:
    grid_x, grid_y = np.meshgrid(xs, ys)
    try:
        x, y = transform(source, target, grid_x.ravel(), grid_y.ravel())
    except (RasterioError, CRSError, CPLE_BaseError) as err:  # PROJ's own come through unwrapped
        raise Untransformable from err
    found = np.asarray(x).reshape(grid_x.shape), np.asarray(y).reshape(grid_x.shape)
    if not all(np.isfinite(values).all() for values in found):
        raise Untransformable
    return found


def _stretched(fractions: Floats, values: Floats) -> Floats:
    """Bring -1..1 to the range of ``values``."""
    low, high = values[0], values[-1]
    stretched: Floats = (low + high) / 2 + (high - low) / 2 * fractions
    return stretched


def _weights(at: Floats) -> Floats:
    """Lagrange weights of the nodes, shape ``(len(at), NODES)`` (barycentric formula, Berrut and Trefethen 2004)."""
    signs = np.where(np.arange(NODES) % 2, -1.0, 1.0)
    signs[[0, -1]] /= 2
    distance = at[:, None] - _NODES
    hit = distance == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = signs / distance
        weights: Floats = terms / terms.sum(axis=1, keepdims=True)
    rows = hit.any(axis=1)
    weights[rows] = hit[rows]
    return weights


@lru_cache(maxsize=64)
def _weights_of(count: int) -> Floats:
    """Weights of the nodes in pixel centres that are evenly spaced from the first node to the last."""
    return _weights(np.linspace(-1.0, 1.0, count))


_NODES: Floats = -np.cos(np.pi * np.arange(NODES) / (NODES - 1))
"""Chebyshev nodes of the second kind: they keep the polynomial from swinging."""
_CHECKS: Floats = (_NODES[:-1] + _NODES[1:]) / 2
_TO_CHECKS = _weights(_CHECKS)
