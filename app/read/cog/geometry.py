"""Which source pixel each output pixel shows: GDAL's nearest neighbour, written as one flat index.

Coordinates are transformed exactly at 9 x 9 Chebyshev nodes and interpolated between them; the error is looked at, and
where it could show the general driver is asked instead. Then they are bent as far as GDAL's own approximation is off.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
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


class Untransformable(Exception):
    """The coordinates cannot be had this way: the projection is torn there, or bends too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """Source pixels of a grid, in one level of one file.

    Attributes:
        rows: Half-open range of level rows that are touched.
        columns: Half-open range of level columns.
        index: Shape ``(height * width,)``, intp: position in the window ``rows x columns``, row by row.
        inside: Shape ``(height, width)``, bool: False where the output pixel lies outside the source; None: all inside.
    """

    rows: tuple[int, int]
    columns: tuple[int, int]
    index: NDArray[np.intp]
    inside: NDArray[np.bool_] | None

    @property
    def weight(self) -> int:
        """Bytes in a cache."""
        return self.index.nbytes + (self.inside.nbytes if self.inside is not None else 0)


Floats = NDArray[np.floating[Any]]


def sample_grid(grid: Grid, header: Header, overview: int | None) -> Sampling:
    """Find the pixel under each output pixel, in an overview (None: in the full resolution).

    Raises:
        Untransformable: The general driver has to do it.
    """
    size = (header.width, header.height) if overview is None else header.overviews[overview]
    x, y = source_coordinates(grid, header)
    return _sample(header, size, x, y, warped=grid.crs != header.crs)


def sample_point(header: Header, x: float, y: float, crs: CRS) -> Sampling | None:
    """Find the pixel under a point, in the full resolution; None when it lies outside or on the edge."""
    assert header.crs is not None
    x, y = _transform_point(crs, header.crs, x, y)
    left, bottom, right, top = header.bounds
    if not (left < x < right and bottom < y < top):
        return None
    return _sample(header, (header.width, header.height), np.array([[x]]), np.array([[y]]), warped=False)


@lru_cache(maxsize=4096)
def _transform_point(source: CRS, target: CRS, x: float, y: float) -> tuple[float, float]:
    """Transform one point; the assets of an item ask for the same one."""
    if source == target:
        return x, y
    xs, ys = transform(source, target, [x], [y])
    return xs[0], ys[0]


def _sample(header: Header, size: tuple[int, int], x: Floats, y: Floats, *, warped: bool) -> Sampling:
    """Turn coordinates, shape ``(height, width)``, into pixels of a level of ``size`` (width, height)."""
    width, height = size
    inverse = ~header.transform
    columns = (inverse.a * x + inverse.b * y + inverse.c) * (width / header.width)
    rows = (inverse.d * x + inverse.e * y + inverse.f) * (height / header.height)
    if warped:
        columns, rows = _as_gdal_approximates(columns, rows)
    columns, rows = _whole(columns), _whole(rows)
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    all_inside = bool(inside.all())
    if not all_inside:
        # Pixels outside are sent to one that is read anyway; they are masked afterwards.
        spare = (columns[inside][0], rows[inside][0]) if inside.any() else (0, 0)
        columns, rows = np.where(inside, columns, spare[0]), np.where(inside, rows, spare[1])
    left, right, top, bottom = int(columns.min()), int(columns.max()) + 1, int(rows.min()), int(rows.max()) + 1
    index = (rows - top) * (right - left) + (columns - left)
    return Sampling(
        rows=(top, bottom), columns=(left, right), index=index.ravel(), inside=None if all_inside else inside
    )


def source_coordinates(grid: Grid, header: Header) -> tuple[Floats, Floats]:
    """Coordinates of the grid's pixel centres in the source's CRS, shape ``(height, width)`` each.

    Raises:
        Untransformable: No way there, or not smooth enough to interpolate.
    """
    left, _, _, top = grid.bounds
    x_size, y_size = grid.resolution_xy
    xs, ys = left + (np.arange(grid.width) + 0.5) * x_size, top - (np.arange(grid.height) + 0.5) * y_size
    if grid.crs == header.crs:
        return np.broadcast_to(xs, (len(ys), len(xs))), np.broadcast_to(ys[:, None], (len(ys), len(xs)))
    assert grid.crs is not None
    assert header.crs is not None
    return _interpolated(grid.crs, header.crs, xs, ys, min(abs(header.transform.a), abs(header.transform.e)))


def _as_gdal_approximates(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Bend exact pixel coordinates as ``GDALApproxTransform`` does: straight along a row, up to 1/8 pixel beside.

    Without this a pixel in ten would be the neighbour of the one that GDAL shows.
    """
    x, y = x.copy(), y.copy()
    _straighten(x, y, np.arange(x.shape[0]), 0, x.shape[1])
    return x, y


def _straighten(x: Floats, y: Floats, rows: NDArray[np.intp], start: int, stop: int) -> None:
    """Make columns ``start`` to ``stop`` of some rows straight lines where that errs little, else try their halves."""
    count = stop - start
    if count <= EXACT_POINTS or not len(rows):
        return
    last, middle = stop - 1, start + (count - 1) // 2
    part = (middle - start) / (last - start)
    error = sum(np.abs(v[rows, start] + part * (v[rows, last] - v[rows, start]) - v[rows, middle]) for v in (x, y))
    bent = error > TOLERANCE
    straight = rows[~bent]
    steps = np.arange(count) / (last - start)
    for values in (x, y):
        first, end = values[straight, start][:, None], values[straight, last][:, None]
        values[straight, start:stop] = first + steps * (end - first)
    _straighten(x, y, rows[bent], start, middle)
    _straighten(x, y, rows[bent], middle, stop)


def _interpolated(source: CRS, target: CRS, xs: Floats, ys: Floats, pixel: float) -> tuple[Floats, Floats]:
    """Transform all pairs of ``xs`` and ``ys`` by polynomial interpolation between exact nodes."""
    x_nodes, y_nodes = _nodes(xs), _nodes(ys)
    exact = _transform(source, target, x_nodes, y_nodes)
    x_checks, y_checks = (x_nodes[:-1] + x_nodes[1:]) / 2, (y_nodes[:-1] + y_nodes[1:]) / 2
    checked = _transform(source, target, x_checks, y_checks)
    x_weights, y_weights = _weights(x_nodes, x_checks), _weights(y_nodes, y_checks)
    errors = (y_weights @ nodes @ x_weights.T - truth for nodes, truth in zip(exact, checked, strict=True))
    if not max(float(np.abs(error).max()) for error in errors) <= ERROR_MAX * pixel:
        raise Untransformable
    x_weights, y_weights = _weights(x_nodes, xs), _weights(y_nodes, ys)
    x, y = (np.asarray(y_weights @ nodes @ x_weights.T) for nodes in exact)
    return x, y


def _transform(source: CRS, target: CRS, xs: Floats, ys: Floats) -> tuple[Floats, Floats]:
    grid_x, grid_y = np.meshgrid(xs, ys)
    try:
        x, y = transform(source, target, grid_x.ravel(), grid_y.ravel())
    except (RasterioError, CRSError) as err:
        raise Untransformable from err
    found = np.asarray(x).reshape(grid_x.shape), np.asarray(y).reshape(grid_x.shape)
    if not all(np.isfinite(values).all() for values in found):
        raise Untransformable
    return found


def _nodes(values: Floats) -> Floats:
    """Chebyshev nodes of the second kind over the range of ``values``: they keep the polynomial from swinging."""
    low, high = values[0], values[-1]
    nodes: Floats = (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * np.arange(NODES) / (NODES - 1))
    return nodes


def _weights(nodes: Floats, at: Floats) -> Floats:
    """Lagrange weights of the nodes, shape ``(len(at), NODES)`` (barycentric formula, Berrut and Trefethen 2004)."""
    if nodes[0] == nodes[-1]:
        return np.tile(np.eye(1, NODES), (len(at), 1))
    signs = np.where(np.arange(NODES) % 2, -1.0, 1.0)
    signs[[0, -1]] /= 2
    distance = at[:, None] - nodes
    hit = distance == 0
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = signs / distance
        weights: Floats = terms / terms.sum(axis=1, keepdims=True)
    rows = hit.any(axis=1)
    weights[rows] = hit[rows]
    return weights


def _whole(values: Floats) -> NDArray[np.intp]:
    whole: NDArray[np.intp] = np.floor(values + _EPSILON).astype(np.intp)
    return whole
