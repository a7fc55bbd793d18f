"""WebP and AVIF, by Pillow: lossy, with transparency."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

from app.encode.channels import interleave, is_opaque
from app.model.raster import Raster

WEBP_QUALITY = 75
"""As rio-tiler's WebP profile."""
WEBP_METHOD = 2
"""Of 0 to 6: a tile of 256 pixels takes 2 to 3 ms, at libwebp's own 4 it takes 4.6 to 6 for 5 to 9 % fewer bytes."""
AVIF_QUALITY = 60
"""As libavif's own ``avifenc``."""
AVIF_SPEED = 9
"""Of 0 to 10: a tile of 256 pixels takes 5 ms, at 8 it takes 13 for 3 % fewer bytes, at 6 it takes 45 for 8 %."""


def encode_webp(raster: Raster, return_mask: bool) -> bytes:
    """Encode one or three bands of uint8."""
    return _save(raster, return_mask, "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD)


def encode_avif(raster: Raster, return_mask: bool) -> bytes:
    """Encode one or three bands of uint8."""
    return _save(raster, return_mask, "AVIF", quality=AVIF_QUALITY, speed=AVIF_SPEED, max_threads=1)


def _save(raster: Raster, return_mask: bool, format: str, **options: Any) -> bytes:
    """Encode as RGB or RGBA: neither format has grey."""
    from PIL import Image  # noqa: PLC0415 -- a tenth of a second at every start, which only these formats need

    with_alpha = return_mask and not is_opaque(raster)
    pixels = interleave(raster, with_alpha=with_alpha)
    if pixels.shape[-1] <= 2:
        pixels = np.concatenate([np.repeat(pixels[..., :1], 3, axis=-1), pixels[..., 1:]], axis=-1)
    with BytesIO() as out:
        Image.fromarray(np.ascontiguousarray(pixels), "RGBA" if with_alpha else "RGB").save(out, format, **options)
        return out.getvalue()
