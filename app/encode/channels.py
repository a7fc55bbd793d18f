"""Put bands and opacity side by side, as picture formats want them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import BadRequest
from app.model.raster import Raster


def with_colors(raster: Raster) -> Raster:
    """Replace counts of a palette by its colours: three bands; other rasters are returned as they are."""
    if raster.palette is None:
        return raster
    colors = np.moveaxis(raster.palette[:, :3].take(raster.data[0], axis=0), -1, 0)
    return raster.painted(colors, raster.alpha)


def interleave(raster: Raster, *, with_alpha: bool) -> NDArray[Any]:
    """Return pixels of shape ``(y, x, channel)``, C-contiguous: grey or RGB, then alpha scaled to the dtype's range.

    Raises:
        BadRequest: Neither one nor three bands.
    """
    raster = with_colors(raster)
    bands, height, width = raster.data.shape
    if bands not in (1, 3):
        raise BadRequest(
            f"A picture has one or three bands, this has {bands}; choose them with assets, bidx or expression, "
            "or ask for .npy or .tif."
        )
    pixels = np.empty((height, width, bands + with_alpha), raster.data.dtype)
    for channel, band in enumerate(raster.data):
        pixels[..., channel] = band
    if with_alpha:
        pixels[..., -1] = raster.opacity.astype(raster.data.dtype) * (np.iinfo(raster.data.dtype).max // 255)
    return pixels


def rgba(raster: Raster) -> NDArray[np.uint8]:
    """Return pixels of shape ``(y, x, 4)`` of a raster of uint8, C-contiguous; raises as ``interleave`` does."""
    pixels = interleave(raster, with_alpha=True)
    return pixels if pixels.shape[-1] == 4 else pixels[..., [0, 0, 0, 1]]


def is_opaque(raster: Raster) -> bool:
    """Whether every pixel is shown in full."""
    return bool(raster.valid.all()) and (raster.alpha is None or bool((raster.alpha == 255).all()))
