"""Which pixels of a grid belong to a shape, and how much of each?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize

from app.model.grid import Grid
from app.model.raster import Raster
from app.model.shape import Shape

CELLS_AT_ONCE = 8 * 2**20
"""Cells of the finer raster made in one go; Python does nothing else meanwhile, for about 30 ms."""


def cut(raster: Raster, shape: Shape | None) -> Raster:
    """Make every pixel invalid that the shape does not touch, as rio-tiler's ``Reader.feature`` does.

    Args:
        shape: In the CRS of the grid; None: nothing is cut off.
    """
    if shape is None:
        return raster
    mask = raster.mask & touched(raster.grid, shape)
    return replace(raster, data=np.where(mask, raster.data, np.zeros((), raster.data.dtype)), mask=mask)


def touched(grid: Grid, shape: Shape) -> NDArray[np.bool_]:
    """Find the pixels that the shape touches: shape ``(y, x)``."""
    return _burnt(shape, (grid.height, grid.width), grid.transform).view(bool)


def coverage(grid: Grid, shape: Shape, scale: int) -> NDArray[np.float32]:
    """Find how much of each pixel the shape covers, 0 to 1: shape ``(y, x)``, float32.

    A pixel is taken apart into ``scale`` times ``scale`` cells, of which those count that the shape touches, as
    rio-tiler's ``ImageData.get_coverage_array`` does. Many cells are made a strip after the other.
    """
    rows = max(1, CELLS_AT_ONCE // (grid.width * scale**2))
    strips = (range(top, min(top + rows, grid.height)) for top in range(0, grid.height, rows))
    return np.concatenate([_strip(grid, shape, scale, strip) for strip in strips])


def _strip(grid: Grid, shape: Shape, scale: int, rows: range) -> NDArray[np.float32]:
    """The same for some rows."""
    first = Affine.translation(0, rows.start) if rows.start else Affine.identity()
    transform = grid.transform @ first @ Affine.scale(1 / scale)
    cells = _burnt(shape, (len(rows) * scale, grid.width * scale), transform)
    apart = cells.reshape(len(rows), scale, grid.width, scale)
    covered: NDArray[np.float32] = apart.sum(axis=(1, 3), dtype=np.float32) / (scale**2)
    return covered


def _burnt(shape: Shape, shape_yx: tuple[int, int], transform: Affine) -> NDArray[np.uint8]:
    """1 where the shape touches a pixel: shape ``shape_yx``, uint8."""
    burnt: NDArray[np.uint8] = rasterize(
        [(shape.geometry, 1)], out_shape=shape_yx, transform=transform, all_touched=True, fill=0, dtype="uint8"
    )
    return burnt
