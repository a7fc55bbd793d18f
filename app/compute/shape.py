"""Which pixels of a grid belong to a shape, and how much of each?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize

from app.compute.mask import hide
from app.model.grid import Grid
from app.model.raster import Raster
from app.model.shape import Shape

CELLS_AT_ONCE = 8 * 2**20
CROSSINGS_AT_ONCE = 2e5
"""Cells made, and borders crossed from row to row, in one go; Python does nothing else meanwhile, for about 30 ms."""

REMEMBERED = 64
"""Shapes on grids whose cover is kept: each scene of a time series has the same."""
REMEMBERED_PIXELS = 256 * 256


def cut(raster: Raster, shape: Shape | None) -> Raster:
    """Make every pixel invalid that the shape does not touch, as rio-tiler's ``Reader.feature`` does.

    Args:
        shape: In the CRS of the grid; None: nothing is cut off.
    """
    if shape is None:
        return raster
    return hide(raster, touched(raster.grid, shape))


def touched(grid: Grid, shape: Shape) -> NDArray[np.bool_]:
    """Find the pixels that the shape touches: shape ``(y, x)``."""
    return coverage(grid, shape, 1) > 0


def coverage(grid: Grid, shape: Shape, scale: int) -> NDArray[np.float32]:
    """Find how much of each pixel the shape covers, 0 to 1: shape ``(y, x)``, float32, not to be written to.

    A pixel is taken apart into ``scale`` times ``scale`` cells, of which those count that the shape touches, as
    rio-tiler's ``ImageData.get_coverage_array`` does. Many cells are made a strip after the other.
    """
    make = _cover if grid.width * grid.height > REMEMBERED_PIXELS else _remembered
    return make(grid, _Named(shape), scale)


class _Named:
    """A shape that is equal to others of the same borders."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Named) and self.shape.key == other.shape.key

    def __hash__(self) -> int:
        return hash(self.shape.key)


def _cover(grid: Grid, named: _Named, scale: int) -> NDArray[np.float32]:
    shape = named.shape
    covered = np.concatenate([_strip(grid, shape, scale, rows) for rows in _strips(grid, shape, scale)])
    covered.flags.writeable = False
    return covered


_remembered = lru_cache(maxsize=REMEMBERED)(_cover)


def _strips(grid: Grid, shape: Shape, scale: int) -> Iterator[range]:
    """Divide the rows of a grid into strips that take about the same time."""
    by_cells = CELLS_AT_ONCE / (grid.width * scale**2)
    crossings = max(1, shape.climb / grid.resolution_xy[1] * scale)
    rows = max(1, int(min(by_cells, grid.height * CROSSINGS_AT_ONCE / crossings)))
    return (range(top, min(top + rows, grid.height)) for top in range(0, grid.height, rows))


def _strip(grid: Grid, shape: Shape, scale: int, rows: range) -> NDArray[np.float32]:
    """The same for some rows."""
    first = Affine.translation(0, rows.start) if rows.start else Affine.identity()
    transform = grid.transform @ first @ Affine.scale(1 / scale)
    shape_yx = (len(rows) * scale, grid.width * scale)
    cells = rasterize(
        [(shape.geometry, 1)], out_shape=shape_yx, transform=transform, all_touched=True, fill=0, dtype="uint8"
    )
    apart = cells.reshape(len(rows), scale, grid.width, scale)
    covered: NDArray[np.float32] = apart.sum(axis=(1, 3), dtype=np.float32) / (scale**2)
    return covered
