"""NumPy's ``.npy``: bands, then one mask plane."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from app.encode.channels import with_colors
from app.model.raster import Raster


def encode_npy(raster: Raster, return_mask: bool) -> bytes:
    """Save shape ``(bands + 1, y, x)``; the last plane is 255 where valid and 0 elsewhere, whatever the dtype.

    Signed bytes cannot hold 255 and are widened to int16. Invalid pixels hold 0.
    """
    raster = with_colors(raster)
    data = raster.data
    if return_mask:
        plane = np.where(raster.valid, 255, 0)
        dtype = np.int16 if data.dtype == np.int8 else data.dtype
        data = np.concatenate([data.astype(dtype, copy=False), plane[np.newaxis].astype(dtype)])
    with BytesIO() as out:
        np.save(out, data, allow_pickle=False)
        return out.getvalue()
