"""Georeferenced files, by GDAL's drivers, in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.enums import ColorInterp
from rasterio.io import MemoryFile

from app.encode.channels import with_colors
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
    bands, height, width = raster.data.shape
    profile = {
        "driver": "GTiff",
        "dtype": raster.data.dtype,
        "count": bands + return_mask,
        "height": height,
        "width": width,
        "crs": raster.grid.crs,
        "transform": raster.grid.transform,
        "photometric": "rgb" if bands == 3 and raster.data.dtype == np.uint8 else "minisblack",
    }
    with MemoryFile() as plain:
        with plain.open(**profile) as dataset:
            dataset.write(raster.data, indexes=list(range(1, bands + 1)))
            for index, text in enumerate(raster.descriptions, 1):
                dataset.set_band_description(index, text)
            if return_mask:
                _write_alpha(dataset, raster)
                _write_mask(dataset, raster)
        with plain.open() as dataset:
            rasterio.shutil.copy(dataset, name, driver=driver, **options)


def _write_alpha(dataset, raster: Raster) -> None:  # type: ignore[no-untyped-def]  # rasterio's writer has no types
    """Opaque is the largest value of the dtype: as GDAL reads alpha of integers, and rio-tiler that of floats, too."""
    dtype = raster.data.dtype
    top = dtype.type((np.iinfo if dtype.kind in "iu" else np.finfo)(dtype).max)
    dataset.colorinterp = (*dataset.colorinterp[:-1], ColorInterp.alpha)
    dataset.write(np.where(raster.valid, top, dtype.type(0)), indexes=raster.data.shape[0] + 1)


def _write_mask(dataset, raster: Raster) -> None:  # type: ignore[no-untyped-def]
    """Say it once more where GDAL does not take alpha for a mask: other dtypes, other numbers of bands."""
    if raster.data.dtype in (np.uint8, np.uint16) and raster.data.shape[0] in (1, 3):
        return
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        dataset.write_mask(raster.valid)
