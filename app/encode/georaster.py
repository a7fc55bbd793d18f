"""Georeferenced files, by GDAL's drivers, in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.enums import ColorInterp
from rasterio.io import MemoryFile
from rasterio.windows import Window

from app.encode.channels import with_colors
from app.model.grid import Grid
from app.model.raster import Raster


def write_georaster(raster: Raster, return_mask: bool, *, driver: str, **options: Any) -> bytes:
    """Write all bands with the grid's CRS and transform; the mask becomes a last band, marked as alpha.

    The drivers in question only copy a finished file. rasterio's own writer for them copies while it holds Python's
    lock, which stops the server for a second per 2048 x 2048 pixels; ``rasterio.shutil.copy`` lets it go.
    """
    with MemoryFile() as copied:
        _copy(with_colors(raster), return_mask, copied.name, driver, options)
        return bytes(copied.read())


def _copy(raster: Raster, return_mask: bool, name: str, driver: str, options: dict[str, Any]) -> None:
    """Write a plain TIFF and copy it; it is gone before the copy is taken out of GDAL's memory."""
    with MemoryFile() as plain:
        with plain.open(**profile_of(raster, raster.grid, return_mask)) as dataset:
            describe_bands(dataset, raster, return_mask)
            write_pixels(dataset, raster, return_mask)
        with plain.open() as dataset:
            rasterio.shutil.copy(dataset, name, driver=driver, **options)


def profile_of(raster: Raster, grid: Grid, return_mask: bool) -> dict[str, Any]:
    """What a plain TIFF of such bands on a grid is made with."""
    bands = len(raster.data)
    return {
        "driver": "GTiff",
        "dtype": raster.data.dtype,
        "count": bands + return_mask,
        "height": grid.height,
        "width": grid.width,
        "crs": grid.crs,
        "transform": grid.transform,
        "photometric": "rgb" if bands == 3 and raster.data.dtype == np.uint8 else "minisblack",
    }


def describe_bands(dataset, raster: Raster, return_mask: bool) -> None:  # type: ignore[no-untyped-def]  # rasterio's writer has no types
    """Say what the bands are, before any of them is written."""
    for index, text in enumerate(raster.descriptions, 1):
        dataset.set_band_description(index, text)
    if return_mask:
        dataset.colorinterp = (*dataset.colorinterp[:-1], ColorInterp.alpha)


def write_pixels(dataset, raster: Raster, return_mask: bool, window: Window | None = None) -> None:  # type: ignore[no-untyped-def]
    """Write all bands and the mask, into the whole dataset or into a window of the raster's size."""
    bands = len(raster.data)
    dataset.write(raster.data, indexes=list(range(1, bands + 1)), window=window)
    if return_mask:
        _write_alpha(dataset, raster, window)
        _write_mask(dataset, raster, window)


def _write_alpha(dataset, raster: Raster, window: Window | None) -> None:  # type: ignore[no-untyped-def]
    """Opaque is the largest value of the dtype: as GDAL reads alpha of integers, and rio-tiler that of floats, too."""
    dtype = raster.data.dtype
    top = dtype.type((np.iinfo if dtype.kind in "iu" else np.finfo)(dtype).max)
    alpha = np.where(raster.valid, top, dtype.type(0))
    dataset.write(alpha, indexes=raster.data.shape[0] + 1, window=window)


def _write_mask(dataset, raster: Raster, window: Window | None) -> None:  # type: ignore[no-untyped-def]
    """Say it once more where GDAL does not take alpha for a mask: other dtypes, other numbers of bands."""
    if raster.data.dtype in (np.uint8, np.uint16) and raster.data.shape[0] in (1, 3):
        return
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        dataset.write_mask(raster.valid, window=window)
