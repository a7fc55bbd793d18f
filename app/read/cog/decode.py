"""Compressed blocks become pixels.

Deflate and its predictors are undone here with libdeflate and numpy, in half the time of the general decoder; JPEG by
libjpeg-turbo; the rest by GDAL.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import deflate
import numpy as np
import simplejpeg
from async_tiff.enums import Compression
from numpy.typing import NDArray

from app.errors import UpstreamUnusable
from app.read.cog.layout import Block, Level
from app.read.cog.onetile import decode_alone


def decode_block(level: Level, body: bytes, name: str) -> Block:
    """Decode one block; an empty ``body`` is a block that was never written.

    Raises:
        UpstreamUnusable: The bytes are not what the directory says.
    """
    shape = (level.block_height, level.block_width, level.bands)
    if not body:
        return np.full(shape, level.fill, level.numpy_dtype)
    try:
        block = DECODERS.get(level.compression, decode_alone)(level, body)
        return block.reshape(shape)
    except Exception as err:
        raise UpstreamUnusable(f"{name} is broken: a block of it cannot be decoded.") from err


def _raw(level: Level, body: bytes) -> Block:
    return _samples(level, body)


def _deflated(level: Level, body: bytes) -> Block:
    return _samples(level, deflate.zlib_decompress(body, _size(level)))


def _size(level: Level) -> int:
    """Bytes of a decoded block; a mask has one bit a pixel, its rows filled up to whole bytes."""
    if level.dtype == "bit":
        return level.block_height * (-(-level.block_width // 8))
    return level.block_height * level.block_width * level.bands * np.dtype(level.dtype).itemsize


def _samples(level: Level, raw: bytes | bytearray) -> Block:
    if level.dtype == "bit":
        rows = np.frombuffer(raw, np.uint8).reshape(level.block_height, -1)
        return np.unpackbits(rows, axis=1)[:, : level.block_width]
    return PREDICTORS[level.predictor](level, raw)


def _as_stored(level: Level, raw: bytes | bytearray) -> Block:
    return np.frombuffer(raw, level.order + level.dtype).astype(level.dtype, copy=False)


def _differences(level: Level, raw: bytes | bytearray) -> Block:
    """Predictor 2: each sample is the difference to its left neighbour, per band, modulo its size."""
    size = np.dtype(level.dtype).itemsize
    stored = np.frombuffer(raw, f"{level.order}u{size}").reshape(level.block_height, level.block_width, level.bands)
    return _summed(stored).view(level.dtype)


def _summed(differences: NDArray[Any]) -> NDArray[Any]:
    """Running sums of unsigned samples along the rows of ``(y, x, band)``, modulo their size.

    Samples of 8 and 16 bits are summed in 32, band by band, in half the time: a processor waits for each small sum to
    be stored before it can be read again.
    """
    dtype = differences.dtype.newbyteorder("=")
    if dtype.itemsize >= 4:
        return np.cumsum(differences, axis=1, dtype=dtype)
    if differences.shape[2] == 1:
        return np.cumsum(differences[:, :, 0], axis=1, dtype=np.uint32).astype(dtype)
    summed = np.empty(differences.shape, dtype)
    for band in range(differences.shape[2]):
        summed[:, :, band] = np.cumsum(differences[:, :, band], axis=1, dtype=np.uint32)
    return summed


def _byte_planes(level: Level, raw: bytes | bytearray) -> Block:
    """Predictor 3: differences of bytes, each row's bytes grouped from most to least significant (Adobe TN3)."""
    size = np.dtype(level.dtype).itemsize
    width = level.block_width * level.bands
    rows = np.frombuffer(raw, np.uint8).reshape(level.block_height, size * level.block_width, level.bands)
    summed = _summed(rows).reshape(level.block_height, size, width)
    return np.ascontiguousarray(np.moveaxis(summed, 1, 2)).view(f">{level.dtype}").astype(level.dtype)


def _jpeg(level: Level, body: bytes) -> Block:
    """Decode a JPEG block; its colours may differ from GDAL's by a little, because the decoders round differently."""
    if not level.own_colors:
        return decode_alone(level, body)
    tables = level.jpeg_tables
    stream = tables[:-2] + body[2:] if tables else body  # the tables' end marker and the block's start marker fall away
    if simplejpeg.decode_jpeg_header(stream)[:2] != (level.block_height, level.block_width):
        raise ValueError("the JPEG has another size than its block")  # which could be gigabytes
    colorspace = "GRAY" if level.bands == 1 else "RGB"
    block: Block = simplejpeg.decode_jpeg(stream, colorspace=colorspace)
    return block


PREDICTORS: dict[int, Callable[[Level, bytes | bytearray], Block]] = {1: _as_stored, 2: _differences, 3: _byte_planes}
DECODERS: dict[Any, Callable[[Level, bytes], Block]] = {
    Compression.Uncompressed: _raw,
    Compression.Deflate: _deflated,
    Compression.OldDeflate: _deflated,
    Compression.ModernJPEG: _jpeg,
}
