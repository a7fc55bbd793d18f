"""JPEG 2000, by OpenJPEG through GDAL: for programs that want numbers in few bytes, and know no COG."""

from __future__ import annotations

from app.encode.georaster import write_georaster
from app.model.raster import Raster


def encode_jp2(raster: Raster, return_mask: bool) -> bytes:
    """Encode any number of bands of uint8, int16 or uint16 without loss, with their place on earth."""
    return write_georaster(raster, return_mask, driver="JP2OpenJPEG", codec="JP2", quality=100, reversible=True)
