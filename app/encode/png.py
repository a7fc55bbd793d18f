"""PNG (W3C PNG specification, third edition), written here because the general libraries take ten times as long."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from app.encode.channels import interleave, is_opaque
from app.errors import BadRequest
from app.model.raster import Raster

SIGNATURE = b"\x89PNG\r\n\x1a\n"
Bytes = NDArray[np.uint8]

COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""Channels to PNG colour type: grey, grey and alpha, RGB, RGBA."""

RAW_DTYPES = ("uint8", "uint16")

LEVEL = 2
"""Of ISA-L: on imagery half the time of libdeflate's level 1 and a sixteenth of zlib's 6, for 6 and 16 % more bytes."""


def encode_png(raster: Raster, return_mask: bool) -> bytes:
    """Encode one or three bands of uint8 or uint16, or a palette; with alpha unless opaque or not wanted."""
    with_alpha = return_mask and not is_opaque(raster)
    if raster.palette is not None and (counted := _with_transparent_color(raster, with_alpha)):
        return write_palette_png(*counted)
    return write_png(interleave(raster, with_alpha=with_alpha))


def encode_raw_png(raster: Raster, return_mask: bool) -> bytes:
    """Encode values as they are.

    Raises:
        BadRequest: They are neither uint8 nor uint16.
    """
    if str(raster.data.dtype) not in RAW_DTYPES:
        raise BadRequest(
            f"A .pngraw holds {' or '.join(RAW_DTYPES)} as it is, and these values are {raster.data.dtype}; "
            "give rescale, or ask for .png, .tif or .npy."
        )
    return encode_png(raster, return_mask)


def _with_transparent_color(raster: Raster, with_alpha: bool) -> tuple[Bytes, Bytes] | None:
    """Counts ``(y, x)`` and palette ``(256, 4)``, invalid pixels sent to a colour that is free; None if none is."""
    assert raster.palette is not None
    counts, palette = raster.data[0], raster.palette.copy()
    if not with_alpha:
        palette[:, 3] = 255
        return counts, palette
    valid = raster.valid
    if valid.all():
        return counts, palette
    free = np.flatnonzero(np.bincount(counts[valid], minlength=256) == 0)
    if not len(free):
        return None
    palette[free[0]] = 0
    return np.where(valid, counts, np.uint8(free[0])), palette


def write_palette_png(counts: Bytes, palette: Bytes) -> bytes:
    """Write counts of shape ``(y, x)`` and the colours they count, shape ``(256, 4)``, as an indexed PNG."""
    height, width = counts.shape
    header = struct.pack(">2I5B", width, height, 8, 3, 0, 0, 0)
    body = isal_zlib.compress(scanlines(counts[..., np.newaxis]), LEVEL)
    alpha = b"" if (palette[:, 3] == 255).all() else chunk(b"tRNS", palette[:, 3].tobytes())
    colors = chunk(b"PLTE", palette[:, :3].tobytes())
    return SIGNATURE + chunk(b"IHDR", header) + colors + alpha + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def write_png(pixels: NDArray[Any]) -> bytes:
    """Write pixels of shape ``(y, x, channel)``, uint8 or uint16, with 1 to 4 channels, as a PNG."""
    height, width, channels = pixels.shape
    depth = 8 * pixels.dtype.itemsize
    header = struct.pack(">2I5B", width, height, depth, COLOR_TYPES[channels], 0, 0, 0)
    body = isal_zlib.compress(scanlines(pixels), LEVEL)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def scanlines(pixels: NDArray[Any]) -> bytes:
    """Rows in network byte order, each after a filter byte of 0 (no filter)."""
    height = pixels.shape[0]
    rows = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder(">"), copy=False)).view(np.uint8)
    lines = np.zeros((height, 1 + rows.size // height), dtype=np.uint8)
    lines[:, 1:] = rows.reshape(height, -1)
    return lines.tobytes()


def chunk(name: bytes, body: bytes) -> bytes:
    """A part of a file: length, name, body and checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", isal_zlib.crc32(body, isal_zlib.crc32(name)))
