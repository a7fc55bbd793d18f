"""Stretch values linearly to 0..255."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.dtypes import dtype_ranges

from app.errors import BadRequest
from app.model.raster import Raster
from app.style.tables import rescale_table

Range = tuple[float, float]


def rescale(raster: Raster, ranges: Sequence[Range]) -> Raster:
    """Map each band's ``(low, high)`` to uint8 0..255, cut off and not rounded, as rio-tiler does; invalid stays 0.

    Args:
        ranges: One pair for all bands, or one per band; leafmap gives those of all bands of a file where one is shown.

    Raises:
        BadRequest: Several pairs, and fewer than bands.
    """
    if not ranges:
        return raster
    bands = raster.data.shape[0]
    if 1 < len(ranges) < bands:
        given, there = _counted(len(ranges), "range"), _counted(bands, "band")
        written = ",".join(f"{value:g}" for pair in ranges for value in pair)
        raise BadRequest.of("rescale", written, f"gives {given} for {there}; give one, or one per band")
    per_band = list(ranges) * bands if len(ranges) == 1 else ranges[:bands]
    stretched = np.stack([_stretch(band, low_high) for band, low_high in zip(raster.data, per_band, strict=True)])
    return replace(raster, data=blank_invalid(stretched, raster.mask), ranges=None)


def blank_invalid(data: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[Any]:
    """Set invalid pixels to 0; ``data`` must be the caller's own."""
    if not mask.all():
        data[~mask] = 0
    return data


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count != 1 else ''}"


def rescale_by_type(raster: Raster) -> Raster:
    """Map the file's statistics, else the range of the dtype, to 0..255: what a picture of raw values shows."""
    low, high = dtype_ranges.get(str(raster.data.dtype), (0, 1))
    return rescale(raster, raster.ranges or [(float(low), float(high))])


def _stretch(band: NDArray[Any], low_high: Range) -> NDArray[np.uint8]:
    """rio-tiler's ``linear_rescale``, by a table where the dtype is small, without copies where it is not."""
    low, high = low_high
    if band.dtype in (np.uint8, np.uint16):
        return rescale_table(str(band.dtype), low, high).take(band)
    values = np.clip(band, low, high, dtype=np.float64)
    values -= low
    values /= high - low
    values *= 255
    stretched: NDArray[np.uint8] = values.astype(np.uint8)
    return stretched
