"""WebP, by Pillow."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from app.encode.channels import interleave, is_opaque
from app.model.raster import Raster

QUALITY = 75
"""As rio-tiler's WebP profile."""


def encode_webp(raster: Raster, return_mask: bool) -> bytes:
    """Encode one or three bands of uint8 as lossy RGB or RGBA (WebP has no grey)."""
    from PIL import Image  # noqa: PLC0415 -- a tenth of a second at every start, which only WebP needs

    with_alpha = return_mask and not is_opaque(raster)
    pixels = interleave(raster, with_alpha=with_alpha)
    if pixels.shape[-1] <= 2:
        pixels = np.concatenate([np.repeat(pixels[..., :1], 3, axis=-1), pixels[..., 1:]], axis=-1)
    with BytesIO() as out:
        Image.fromarray(np.ascontiguousarray(pixels), "RGBA" if with_alpha else "RGB").save(
            out, "WEBP", quality=QUALITY
        )
        return out.getvalue()
