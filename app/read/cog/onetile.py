"""A block that only GDAL decodes becomes a TIFF of one tile, in memory: LZW, ZSTD, LERC, WebP, other JPEG."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import rasterio
from rasterio.io import MemoryFile

from app.read.cog.layout import Block, Level
from app.read.opener import GDAL_OPTIONS

_SHORT, _LONG, _BYTES = (3, "H"), (4, "I"), (7, "B")
"""Type of an entry (TIFF 6.0, section 2), and the letter that ``struct`` has for its values."""

Entry = tuple[int, tuple[int, str], Sequence[int]]
"""Tag, type and values."""


def decode_alone(level: Level, body: bytes) -> Block:
    """Decode a block with GDAL.

    Raises:
        RasterioError: It cannot.
    """
    with rasterio.Env(**GDAL_OPTIONS), MemoryFile(tiff_of(level, body)) as file, file.open(driver="GTiff") as dataset:
        block: Block = np.ascontiguousarray(np.moveaxis(dataset.read(), 0, -1))
        return block


def tiff_of(level: Level, body: bytes) -> bytes:
    """Write a classic TIFF around one compressed block; it names nothing but itself."""
    entries = _entries(level)
    # The positions stand where the lengths are known: behind the directory the longer values, then the block.
    longer = [_packed(level, entry) for entry in entries if len(_packed(level, entry)) > 4]
    values_at = 8 + 2 + 12 * (len(entries) + 2) + 4
    block_at = values_at + sum(map(len, longer))
    entries = sorted([*entries, (324, _LONG, [block_at]), (325, _LONG, [len(body)])])
    directory, at = struct.pack(level.order + "H", len(entries)), values_at
    for tag, (kind, letter), values in entries:
        packed = _packed(level, (tag, (kind, letter), values))
        place = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(level.order + "I", at)
        at += len(packed) if len(packed) > 4 else 0
        directory += struct.pack(level.order + "HHI", tag, kind, len(values)) + place
    start = (b"II*\0" if level.order == "<" else b"MM\0*") + struct.pack(level.order + "I", 8)
    return b"".join([start, directory, bytes(4), *longer, body])


def _entries(level: Level) -> list[Entry]:
    """What a decoder needs to know, in the order of the tags."""
    bits, kind = (1, 1) if level.dtype == "bit" else (8 * int(level.dtype[1:]), "uif".index(level.dtype[0]) + 1)
    entries: list[Entry] = [
        (256, _LONG, [level.block_width]),
        (257, _LONG, [level.block_height]),
        (258, _SHORT, [bits] * level.bands),
        (259, _SHORT, [int(level.compression)]),
        (262, _SHORT, [level.photometric]),
        (277, _SHORT, [level.bands]),
        (284, _SHORT, [1]),
        (317, _SHORT, [max(1, level.predictor)]),
        (322, _LONG, [level.block_width]),
        (323, _LONG, [level.block_height]),
        (338, _SHORT, level.extra_samples),
        (339, _SHORT, [kind] * level.bands),
        (347, _BYTES, level.jpeg_tables or b""),
        (50674, _LONG, level.lerc),
    ]
    return [entry for entry in entries if len(entry[2])]


def _packed(level: Level, entry: Entry) -> bytes:
    _, (_, letter), values = entry
    return struct.pack(f"{level.order}{len(values)}{letter}", *values)
