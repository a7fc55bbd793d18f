"""Pick values out of a window of source pixels, and tell which of them are valid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.model.grid import Grid
from app.model.plan import PlannedRead
from app.model.raster import Raster
from app.model.source import Header
from app.read.cog.decode import Block
from app.read.cog.geometry import Sampling
from app.read.cog.layout import Level

Window = NDArray[Any]
"""Source pixels under a sampling, shape ``(rows, columns, band)``."""


def blocks_under(level: Level, sampling: Sampling) -> tuple[range, range]:
    """Rows and columns of the blocks that hold a sampling's window."""
    (top, bottom), (left, right) = sampling.rows, sampling.columns
    rows = range(top // level.block_height, -(-bottom // level.block_height))
    return rows, range(left // level.block_width, -(-right // level.block_width))


def decoded_bytes(level: Level, sampling: Sampling) -> int:
    """Size of those blocks, decoded."""
    rows, columns = blocks_under(level, sampling)
    pixels = len(rows) * level.block_height * len(columns) * level.block_width
    return pixels * level.bands * np.dtype(level.numpy_dtype).itemsize


@dataclass(frozen=True, slots=True)
class Cover:
    """The blocks that hold the window of a sampling, row by row, and the level they are of."""

    level: Level
    blocks: Sequence[Block]


def assemble(cover: Cover, sampling: Sampling) -> Window:
    """Put the window of a sampling together from its blocks."""
    level, blocks = cover.level, cover.blocks
    rows, columns = blocks_under(level, sampling)
    (top, bottom), (left, right) = sampling.rows, sampling.columns
    window = np.empty((bottom - top, right - left, level.bands), level.numpy_dtype)
    places = ((row * level.block_height - top, column * level.block_width - left) for row in rows for column in columns)
    for (y, x), block in zip(places, blocks, strict=True):
        part = block[max(0, -y) : bottom - top - y, max(0, -x) : right - left - x]
        window[max(0, y) : max(0, y) + part.shape[0], max(0, x) : max(0, x) + part.shape[1]] = part
    return window


def needs_mask(read: PlannedRead) -> bool:
    """Whether validity comes from the file's internal mask: nodata wins over alpha, and alpha over the mask."""
    return _nodata(read) is None and _alpha_band(read.header) is None


def raster_of(pixels: Cover, mask: Cover | None, sampling: Sampling, read: PlannedRead, grid: Grid) -> Raster:
    """Gather the planned bands onto the grid."""
    shape = (grid.height, grid.width)
    window = assemble(pixels, sampling)
    data = _pick(window, [index - 1 for index in read.indexes], sampling).reshape(-1, *shape)
    alpha = _alpha(window, sampling, read)
    valid = _valid(data, None if alpha is None else alpha.reshape(shape), _pick_mask(mask, sampling, shape), read)
    if sampling.inside is not None:
        valid = valid & sampling.inside
    return Raster(
        data=data if valid.all() else np.where(valid, data, np.zeros((), data.dtype)),
        mask=np.broadcast_to(valid, data.shape),
        grid=grid,
        names=tuple(f"b{index}" for index in read.indexes),
        descriptions=read.descriptions,
        alpha=None if alpha is None else alpha.reshape(shape),
        ranges=read.header.ranges_of(read.indexes),
    )


def _pick(window: Window, bands: Sequence[int], sampling: Sampling) -> NDArray[Any]:
    """Values of bands (from 0) at the sampled pixels, shape ``(band, n)``."""
    picked = np.empty((len(bands), sampling.index.size), window.dtype)
    for row, band in zip(picked, bands, strict=True):
        window[:, :, band].ravel().take(sampling.index, out=row, mode="clip")  # no index is out of range
    return picked


def _pick_mask(mask: Cover | None, sampling: Sampling, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    return None if mask is None else _pick(assemble(mask, sampling), [0], sampling).reshape(shape) > 0


def _valid(
    data: NDArray[Any], alpha: NDArray[np.uint8] | None, mask: NDArray[np.bool_] | None, read: PlannedRead
) -> NDArray[np.bool_]:
    """True where a value counts, per band: by nodata, else by alpha, else by mask; NaN and infinity never."""
    nodata = _nodata(read)
    if nodata is not None and not math.isnan(nodata):
        valid: NDArray[np.bool_] = np.not_equal(data, nodata)
    elif alpha is not None:
        valid = np.broadcast_to(alpha > 0, data.shape)
    elif mask is not None:
        valid = np.broadcast_to(mask, data.shape)
    else:
        valid = np.ones(data.shape, dtype=bool)
    return valid & np.isfinite(data) if data.dtype.kind == "f" else valid


def _alpha(window: Window, sampling: Sampling, read: PlannedRead) -> NDArray[np.uint8] | None:
    band = _alpha_band(read.header)
    if band is None or _nodata(read) is not None:
        return None
    picked: NDArray[np.uint8] = _pick(window, [band - 1], sampling)[0]
    return picked


def _alpha_band(header: Header) -> int | None:
    """The band that is not one of the data bands."""
    others = set(range(1, header.band_count + 1)) - set(header.indexes)
    return min(others, default=None)


def _nodata(read: PlannedRead) -> float | None:
    return read.source.nodata if read.source.nodata is not None else read.header.nodata
