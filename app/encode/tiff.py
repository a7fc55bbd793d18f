"""GeoTIFF, by GDAL, in memory."""

from __future__ import annotations

import numpy as np
from rasterio.enums import ColorInterp
from rasterio.io import MemoryFile

from app.encode.channels import with_colors
from app.model.raster import Raster


def encode_tiff(raster: Raster, return_mask: bool) -> bytes:
    """Write all bands with the grid's CRS and transform, compressed; the mask becomes a last band, marked as alpha."""
    raster = with_colors(raster)
    data = raster.data
    bands, height, width = data.shape
    profile = {
        "driver": "GTiff",
        "dtype": data.dtype,
        "count": bands + return_mask,
        "height": height,
        "width": width,
        "crs": raster.grid.crs,
        "transform": raster.grid.transform,
        "compress": "deflate",
    }
    with MemoryFile() as file:
        with file.open(**profile) as dataset:
            dataset.write(data, indexes=list(range(1, bands + 1)))
            for index, text in enumerate(raster.descriptions, 1):
                dataset.set_band_description(index, text)
            if return_mask:
                _write_alpha(dataset, raster)
        return bytes(file.read())


def _write_alpha(dataset, raster: Raster) -> None:  # type: ignore[no-untyped-def]  # rasterio's writer has no types
    """Opaque is the largest value of the dtype for integers, as GDAL reads alpha, and 255 for floats."""
    dtype = raster.data.dtype
    top = np.iinfo(dtype).max if dtype.kind in "iu" else 255
    dataset.colorinterp = (*dataset.colorinterp[:-1], ColorInterp.alpha)
    dataset.write(np.where(raster.valid, top, 0).astype(dtype), indexes=raster.data.shape[0] + 1)
