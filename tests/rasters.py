"""Small rasters for unit tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasterio.crs import CRS

from app.model.grid import Grid
from app.model.raster import Raster


def raster(values: Any, dtype: str = "uint8", *, mask: Any = None, **options: Any) -> Raster:
    """Make a raster of ``(band, x)`` or ``(band, y, x)`` values; ``mask`` in the same form, all valid by default."""
    data = np.asarray(values, dtype=dtype)
    data = data if data.ndim == 3 else data[:, np.newaxis, :]
    valid = np.ones(data.shape, bool) if mask is None else np.broadcast_to(np.asarray(mask, bool), data.shape)
    bands, height, width = data.shape
    grid = Grid(crs=CRS.from_epsg(32636), bounds=(0, 0, width * 10, height * 10), width=width, height=height)
    names = tuple(f"b{n + 1}" for n in range(bands))
    return Raster(data=data, mask=valid.copy(), grid=grid, names=names, descriptions=names, **options)
