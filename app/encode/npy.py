"""NumPy's ``.npy``: bands, then one mask plane."""

from __future__ import annotations

from io import BytesIO

import numpy as np

from app.encode.channels import with_colors
from app.model.raster import Raster


def encode_npy(raster: Raster, return_mask: bool) -> memoryview:
    """Save shape ``(bands + 1, y, x)``; the last plane is 255 where valid and 0 elsewhere, whatever the dtype.

    Signed bytes cannot hold 255 and are widened to int16. Invalid pixels hold 0. The values are written where they
    stay, because arrays are the largest answers.
    """
    raster = with_colors(raster)
    bands, height, width = raster.data.shape
    dtype = np.dtype(np.int16) if return_mask and raster.data.dtype == np.int8 else raster.data.dtype
    shape = (bands + return_mask, height, width)
    header = _header(dtype, shape)
    body = bytearray(len(header) + dtype.itemsize * int(np.prod(shape)))
    body[: len(header)] = header
    values = np.frombuffer(body, dtype, offset=len(header)).reshape(shape)
    values[:bands] = raster.data
    if return_mask:
        np.multiply(raster.valid, 255, out=values[-1], casting="unsafe")
    return memoryview(body)


def _header(dtype: np.dtype[np.generic], shape: tuple[int, ...]) -> bytes:
    told = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    with BytesIO() as out:
        np.lib.format.write_array_header_1_0(out, told)
        return out.getvalue()
