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
from app.read.cog.geometry import STRIP_PIXELS, Sampling
from app.read.cog.layout import Block, Level
from app.read.opacity import to_opacity

Window = NDArray[Any]
"""Source pixels under a sampling, shape ``(rows, columns, band)``."""


def blocks_under(level: Level, sampling: Sampling) -> tuple[range, range]:
    """Rows and columns of the blocks that hold a sampling's window."""
    (top, bottom), (left, right) = sampling.rows, sampling.columns
    rows = range(top // level.block_height, -(-bottom // level.block_height))
    return rows, range(left // level.block_width, -(-right // level.block_width))


@dataclass(frozen=True, slots=True)
class Pixels:
    """What is read of one level.

    Attributes:
        bands: Bands of the window, from 1, in the order of its last axis.
        numbers: Blocks that hold it, row by row; of planes one plane after another.
    """

    level: Level
    bands: tuple[int, ...]
    numbers: list[int]

    @classmethod
    def under(cls, sampling: Sampling, level: Level, bands: Sequence[int]) -> Pixels:
        """Find the blocks under a sampling that hold some bands; where bands lie together, all of them are read."""
        rows, columns = blocks_under(level, sampling)
        places = [row * level.across + column for row in rows for column in columns]
        if level.planes == 1:
            return cls(level, tuple(range(1, level.bands + 1)), places)
        planes = sorted(set(bands))
        return cls(
            level, tuple(planes), [(plane - 1) * level.plane_blocks + place for plane in planes for place in places]
        )

    @property
    def decoded_bytes(self) -> int:
        """Size of the blocks, decoded."""
        level = self.level
        block = level.block_height * level.block_width * level.bands * np.dtype(level.numpy_dtype).itemsize
        return len(self.numbers) * block


@dataclass(frozen=True, slots=True)
class Cover:
    """Pixels, and the blocks that hold them."""

    pixels: Pixels
    blocks: Sequence[Block]


def assemble(cover: Cover, sampling: Sampling) -> Window:
    """Put the window of a sampling together from its blocks."""
    level, blocks = cover.pixels.level, cover.blocks
    if level.planes == 1:
        return _joined(level, blocks, sampling)
    each = len(blocks) // len(cover.pixels.bands)
    planes = [_joined(level, blocks[start : start + each], sampling) for start in range(0, len(blocks), each)]
    return np.concatenate(planes, axis=-1)


def _joined(level: Level, blocks: Sequence[Block], sampling: Sampling) -> Window:
    rows, columns = blocks_under(level, sampling)
    (top, bottom), (left, right) = sampling.rows, sampling.columns
    window = np.empty((bottom - top, right - left, level.bands), level.numpy_dtype)
    places = ((row * level.block_height - top, column * level.block_width - left) for row in rows for column in columns)
    for (y, x), block in zip(places, blocks, strict=True):
        part = block[max(0, -y) : bottom - top - y, max(0, -x) : right - left - x]
        window[max(0, y) : max(0, y) + part.shape[0], max(0, x) : max(0, x) + part.shape[1]] = part
    return window


def bands_of(read: PlannedRead) -> list[int]:
    """Bands that are needed: those wanted and, where validity comes from it, the alpha band."""
    alpha = alpha_band_of(read)
    return [*read.indexes] if alpha is None else [*read.indexes, alpha]


def alpha_band_of(read: PlannedRead) -> int | None:
    """The band that tells validity, or None: nodata wins over it."""
    return _alpha_band(read.header) if _nodata(read) is None else None


def needs_mask(read: PlannedRead) -> bool:
    """Whether validity comes from the file's internal mask: nodata wins over alpha, and alpha over the mask."""
    return _nodata(read) is None and _alpha_band(read.header) is None


def raster_of(cover: Cover, mask: Cover | None, sampling: Sampling, read: PlannedRead, grid: Grid) -> Raster:
    """Gather the planned bands onto the grid."""
    shape = (grid.height, grid.width)
    window, bands = assemble(cover, sampling), cover.pixels.bands
    data = _pick(window, [bands.index(index) for index in read.indexes], sampling).reshape(-1, *shape)
    alpha = _alpha(window, bands, sampling, read)
    valid = _valid(data, None if alpha is None else alpha.reshape(shape), _pick_mask(mask, sampling, shape), read)
    if sampling.inside is not None:
        valid = valid & sampling.inside
    if read.source.unscale:
        data = _unscaled(data, read)
    return Raster(
        data=data if valid.all() else np.where(valid, data, np.zeros((), data.dtype)),
        mask=np.broadcast_to(valid, data.shape),
        grid=grid,
        names=tuple(f"b{index}" for index in read.indexes),
        descriptions=read.descriptions,
        alpha=None if alpha is None else alpha.reshape(shape),
        ranges=ranges_of(read),
    )


def _unscaled(data: NDArray[Any], read: PlannedRead) -> NDArray[np.float32]:
    """Multiply by the scales and add the offsets, computed in float64 and kept in float32, as rio-tiler does."""
    scales, offsets = _scales(read)
    unscaled: NDArray[np.float32] = data.astype(np.float32)
    np.multiply(unscaled, scales[:, None, None], out=unscaled, casting="unsafe")
    np.add(unscaled, offsets[:, None, None], out=unscaled, casting="unsafe")
    return unscaled


def _scales(read: PlannedRead) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scales, offsets = read.scaling
    return np.array(scales), np.array(offsets)


def ranges_of(read: PlannedRead) -> tuple[tuple[float, float], ...] | None:
    """Statistics of the bands read, as the file tells them, scaled like the values."""
    ranges = read.header.ranges_of(read.indexes)
    if ranges is None or not read.source.unscale:
        return ranges
    return tuple(
        (low * scale + offset, high * scale + offset)
        for (low, high), scale, offset in zip(ranges, *_scales(read), strict=True)
    )


def _pick(window: Window, bands: Sequence[int], sampling: Sampling) -> NDArray[Any]:
    """Values of bands (from 0) at the sampled pixels, shape ``(band, n)``."""
    index = sampling.index
    picked = np.empty((len(bands), index.size), window.dtype)
    for row, band in zip(picked, bands, strict=True):
        values = window[:, :, band].ravel()
        for start in range(0, index.size, STRIP_PIXELS):  # numpy makes intp of what it is given
            part = slice(start, start + STRIP_PIXELS)
            values.take(index[part], out=row[part], mode="clip")  # no index is out of range
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


def _alpha(window: Window, bands: Sequence[int], sampling: Sampling, read: PlannedRead) -> NDArray[np.uint8] | None:
    band = alpha_band_of(read)
    if band is None:
        return None
    return to_opacity(_pick(window, [bands.index(band)], sampling)[0])


def _alpha_band(header: Header) -> int | None:
    """The band that is not one of the data bands."""
    others = set(range(1, header.band_count + 1)) - set(header.indexes)
    return min(others, default=None)


def _nodata(read: PlannedRead) -> float | None:
    return read.source.nodata if read.source.nodata is not None else read.header.nodata
