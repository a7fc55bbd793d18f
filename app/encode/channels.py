"""Put bands and opacity side by side, as picture formats want them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import BadRequest
from app.model.raster import Raster


def interleave(raster: Raster, *, with_alpha: bool) -> NDArray[Any]:
    """Return pixels of shape ``(y, x, channel)``, C-contiguous: grey or RGB, then alpha scaled to the dtype's range.

    Raises:
        BadRequest: Neither one nor three bands.
    """
    bands = raster.data.shape[0]
    if bands not in (1, 3):
        raise BadRequest(
            f"A picture has one or three bands, this has {bands}; choose them with assets, bidx or expression, "
            "or ask for .npy or .tif."
        )
    planes = [*raster.data]
    if with_alpha:
        scale = np.iinfo(raster.data.dtype).max // 255
        planes.append(raster.opacity.astype(raster.data.dtype) * scale)
    return np.stack(planes, axis=-1)


def is_opaque(raster: Raster) -> bool:
    """Whether every pixel is shown in full."""
    return bool((raster.opacity == 255).all())
