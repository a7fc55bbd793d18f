"""GeoTIFF, laid out as a COG."""

from __future__ import annotations

from app.encode.georaster import write_georaster
from app.model.raster import Raster

BLOCK, SMALL_BLOCK = 512, 256
"""Pixels a side of a block; a raster that fits into one large block, such as a tile, is not padded up to it."""

LEVEL = 1
"""Of deflate: at 6, 4096 x 4096 floats take twice as long for a few percent fewer bytes."""


def encode_tiff(raster: Raster, return_mask: bool) -> bytes:
    """Write all bands in compressed blocks, with overviews that hold values of the raster itself (nearest)."""
    blocksize = BLOCK if max(raster.data.shape[1:]) > BLOCK else SMALL_BLOCK
    return write_georaster(
        raster,
        return_mask,
        driver="COG",
        compress="deflate",
        level=LEVEL,
        blocksize=blocksize,
        overview_resampling="nearest",
        num_threads=1,
    )
