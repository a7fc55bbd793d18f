"""JPEG, by libjpeg-turbo."""

from __future__ import annotations

import simplejpeg

from app.encode.channels import interleave
from app.model.raster import Raster

QUALITY = 85
"""As rio-tiler's JPEG profile."""


def encode_jpeg(raster: Raster, return_mask: bool) -> bytes:  # noqa: ARG001 -- every encoder has this signature
    """Encode one or three bands of uint8; JPEG has no alpha, so invalid pixels are black."""
    pixels = interleave(raster, with_alpha=False)
    colorspace, subsampling = ("GRAY", "Gray") if pixels.shape[-1] == 1 else ("RGB", "420")
    encoded: bytes = simplejpeg.encode_jpeg(
        pixels, quality=QUALITY, colorspace=colorspace, colorsubsampling=subsampling
    )
    return encoded
