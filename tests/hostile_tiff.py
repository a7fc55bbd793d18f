"""TIFFs that no honest writer makes: headers that lie about what follows."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache, partial

import numpy as np
import simplejpeg

ASCII, SHORT, LONG = 2, 3, 4
LZW, JPEG, DEFLATE, ZSTD = 5, 7, 8, 50000


def tiff(
    width: int,
    height: int,
    *,
    tile: int = 64,
    bands: int = 1,
    compression: int = 1,
    blocks: int = 1,
    data: bytes = bytes(4096),
    next_directory: int = 0,
    pixel_scale: float | None = None,
) -> bytes:
    """Write a little-endian TIFF of uint8 with one directory right behind the header, then the data of its blocks."""
    entries = [
        (256, LONG, 1, width), (257, LONG, 1, height), (258, SHORT, 1, 8), (259, SHORT, 1, compression),
        (262, SHORT, 1, 1), (277, SHORT, 1, bands), (322, LONG, 1, tile), (323, LONG, 1, tile),
    ]  # fmt: skip
    georeferenced = b"" if pixel_scale is None else _georeference(pixel_scale)
    count = len(entries) + 2 + (3 if georeferenced else 0)
    behind = 8 + 2 + 12 * count + 4
    entries += [(324, LONG, blocks, behind + len(georeferenced)), (325, LONG, blocks, len(data))]
    if georeferenced:
        entries += [(33550, 12, 3, behind), (33922, 12, 6, behind + 24), (34735, SHORT, 16, behind + 72)]
    directory = b"".join(struct.pack("<2H2I", *entry) for entry in entries)
    return (
        b"II*\0" + struct.pack("<IH", 8, count) + directory + struct.pack("<I", next_directory) + georeferenced + data
    )


def _georeference(scale: float) -> bytes:
    """Pixel scale, tie point and keys of Web Mercator (GeoTIFF 1.1): 24 + 48 + 32 bytes."""
    keys = (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 3857)
    return (
        struct.pack("<3d", scale, scale, 0) + struct.pack("<6d", 0, 0, 0, scale, scale, 0) + struct.pack("<16H", *keys)
    )


@lru_cache(maxsize=1)
def deflate_bomb() -> bytes:
    """400 kB that inflate to 400 MB."""
    return zlib.compress(bytes(400_000_000), 9)


def hostile_tiffs() -> dict[str, bytes]:
    """Each by a name that says what is wrong with it."""
    return {
        "2147483647-pixels-a-side": tiff(2**31 - 1, 2**31 - 1),
        "4294967295-pixels-a-side": tiff(2**32 - 1, 2**32 - 1),
        "200000000000-pixels": tiff(500_000, 400_000, tile=1 << 14),
        "tiles-of-2-to-the-20": tiff(1000, 1000, tile=1 << 20),
        "deflated-tiles-of-2-to-the-20": tiff(1000, 1000, tile=1 << 20, compression=DEFLATE),
        "tiles-of-no-size": tiff(100, 100, tile=0),
        "no-pixels": tiff(0, 0),
        "no-columns": tiff(0, 100),
        "65535-bands": tiff(64, 64, bands=65535),
        "deflate-bomb": tiff(20_000, 20_000, tile=20_000 // 16 * 16, compression=DEFLATE, data=deflate_bomb()),
        "more-in-the-block-than-its-size": tiff(64, 64, compression=DEFLATE, data=deflate_bomb()[:100_000]),
        "blocks-behind-the-end": tiff(64, 64, data=bytes(10)),
        "a-cut-directory": tiff(64, 64)[:60],
        "only-a-signature": b"II*\0",
        "a-directory-far-away": b"II*\0\xff\xff\xff\x7f" + bytes(100),
        "a-directory-of-60000-tags": tiff(64, 64)[:8] + struct.pack("<H", 60_000) + bytes(720_004),
        "100000-items-of-metadata": with_metadata(100_000),
        "corners-beyond-any-system": tiff(64, 64, pixel_scale=1e300),
        "corners-at-infinity": tiff(64, 64, pixel_scale=float("inf")),
        "corners-nowhere": tiff(64, 64, pixel_scale=float("nan")),
    }


def hostile_blocks() -> dict[str, bytes]:
    """Tiled TIFFs with a place on the map, whose headers are fine and whose blocks are not."""
    large = simplejpeg.encode_jpeg(np.zeros((8192, 8192, 1), np.uint8), colorspace="GRAY", colorsubsampling="Gray")
    return {
        "a-jpeg-larger-than-its-block": tiff(64, 64, compression=JPEG, data=large, pixel_scale=1),
        "lzw-that-is-none": tiff(64, 64, compression=LZW, data=b"\xff" * 100, pixel_scale=1),
        "zstd-that-is-none": tiff(64, 64, compression=ZSTD, data=b"\xff" * 100, pixel_scale=1),
        "deflate-that-is-none": tiff(64, 64, compression=DEFLATE, data=b"\xff" * 100, pixel_scale=1),
        "an-entry-of-2-to-the-31-values": tiff(64, 64, compression=DEFLATE, blocks=2**31, pixel_scale=1),
        "a-mask-of-blocks-of-20000": with_mask(20_000 // 16 * 16),
        "a-mask-of-another-size": with_mask(64, side=32),
        "fewer-blocks-than-it-needs": tiff(1000, 1000, compression=DEFLATE, data=b"\xff" * 100, pixel_scale=1),
    }


def with_metadata(items: int) -> bytes:
    """A good raster, whose tag of GDAL's metadata has so many items."""
    text = b"".join(b'<Item name="%x">0</Item>' % number for number in range(items))
    text = b"<GDALMetadata>" + text + b"</GDALMetadata>\0"
    good = tiff(64, 64)
    [count] = struct.unpack_from("<H", good, 8)
    entries, data = good[10 : 10 + 12 * count], good[14 + 12 * count :]
    entries = entries.replace(struct.pack("<I", 14 + 12 * count), struct.pack("<I", 26 + 12 * count))
    metadata = struct.pack("<2H2I", 42112, ASCII, len(text), 26 + 12 * count + len(data))
    return good[:8] + struct.pack("<H", count + 1) + entries + metadata + bytes(4) + data + text


def with_mask(tile: int, side: int = 64) -> bytes:
    """A good raster, and behind it the directory of an internal mask whose one block is ``tile`` pixels a side."""
    good = partial(tiff, 64, 64, compression=DEFLATE, data=zlib.compress(bytes(4096)), pixel_scale=1)
    at = len(good())
    entries = [
        (254, LONG, 1, 4), (256, LONG, 1, side), (257, LONG, 1, side), (258, SHORT, 1, 8), (259, SHORT, 1, DEFLATE),
        (262, SHORT, 1, 4), (277, SHORT, 1, 1), (322, LONG, 1, tile), (323, LONG, 1, tile), (324, LONG, 1, at),
        (325, LONG, 1, 20),
    ]  # fmt: skip
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<2H2I", *entry) for entry in entries) + bytes(4)
    return good(next_directory=at) + directory
