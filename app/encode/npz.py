"""NumPy's ``.npz``: bands, mask, and what they are, each under its name."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from numpy.typing import NDArray

from app.encode.channels import with_colors
from app.model.raster import Raster

LEVEL = 1
"""Of zlib: on imagery half the time of level 6 for a few percent more bytes."""
NAME_MAX = 256
"""Characters kept of a band's name: numpy gives every name the room of the longest, and an item may say anything."""


def encode_npz(raster: Raster, return_mask: bool) -> memoryview:
    """Save arrays that load without pickle, compressed.

    They are ``data`` ``(band, y, x)`` with 0 where invalid; ``mask`` ``(y, x)``, uint8, 255 where valid and 0
    elsewhere, unless it is not wanted; ``bands``, a text each; ``transform``, the six numbers of ``affine.Affine`` from
    (column, row) to coordinates; and ``crs``: ``EPSG:n``, else WKT, or nothing where the raster has no place.
    """
    raster = with_colors(raster)
    arrays = {"data": raster.data}
    if return_mask:
        arrays["mask"] = np.where(raster.valid, np.uint8(255), np.uint8(0))
    return _zip(arrays | _told(raster))


def _told(raster: Raster) -> dict[str, NDArray[Any]]:
    names = [text or name for text, name in zip(raster.descriptions, raster.names, strict=True)]
    return {
        "bands": np.array([name[:NAME_MAX] for name in names]),
        "transform": np.array(raster.grid.transform[:6], dtype=np.float64),
        "crs": np.array(raster.grid.crs.to_string() if raster.grid.crs else ""),
    }


def _zip(arrays: dict[str, NDArray[Any]]) -> memoryview:
    """Write what ``numpy.savez_compressed`` writes, at a quicker level; members carry no time, so equal is equal."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return out.getbuffer()
