"""TIFFs that are nearly right: small good ones of every kind, and mutations that know where the tags are."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from tests.shared import DATA

SIDE = 128
REAL_BYTES_MAX = 300_000

# --- the good ones ---

TILED: dict[str, Any] = {"tiled": True, "blockxsize": 32, "blockysize": 32}
KINDS: dict[str, dict[str, Any]] = {
    "plain-strips": {},
    "deflate-strips": {"compress": "deflate", "dtype": "uint16", "predictor": 2},
    "lzw-strips": {"compress": "lzw", "count": 3},
    "jpeg-strips": {"compress": "jpeg"},
    "plain-tiles": {**TILED, "dtype": "int16"},
    "deflate-tiles": {**TILED, "compress": "deflate", "predictor": 2, "dtype": "uint16", "nodata": 0},
    "deflate-float": {**TILED, "compress": "deflate", "predictor": 3, "dtype": "float32", "nodata": float("nan")},
    "lzw-tiles": {**TILED, "compress": "lzw", "count": 4},
    "zstd-tiles": {**TILED, "compress": "zstd", "dtype": "float64"},
    "lzma-tiles": {**TILED, "compress": "lzma", "dtype": "uint16"},
    "packbits-tiles": {**TILED, "compress": "packbits"},
    "lerc-tiles": {**TILED, "compress": "lerc", "dtype": "float32"},
    "lerc-zstd-tiles": {**TILED, "compress": "lerc_zstd", "dtype": "uint16"},
    "webp-tiles": {**TILED, "compress": "webp", "count": 3, "interleave": "pixel"},
    "webp-alpha-tiles": {**TILED, "compress": "webp", "count": 4, "interleave": "pixel"},
    "jpeg-tiles": {**TILED, "compress": "jpeg"},
    "ycbcr-tiles": {**TILED, "compress": "jpeg", "count": 3, "photometric": "ycbcr", "interleave": "pixel"},
    "planes": {**TILED, "compress": "deflate", "count": 3, "interleave": "band", "dtype": "int32"},
    "bigtiff": {**TILED, "compress": "deflate", "bigtiff": "yes", "dtype": "uint32"},
    "big-endian": {**TILED, "compress": "deflate", "endianness": "big", "dtype": "uint16", "predictor": 2},
    "nbits": {**TILED, "dtype": "uint16", "nbits": 12},
    "complex": {"dtype": "complex64"},
    "geographic": {**TILED, "crs": "EPSG:4326", "transform": from_origin(30.8, 29.5, 0.001, 0.001)},
    "utm": {**TILED, "crs": "EPSG:32636", "transform": from_origin(290_000, 3_265_000, 10, 10), "compress": "deflate"},
    "albers": {**TILED, "crs": "ESRI:102001", "transform": from_origin(0, 1_000_000, 1000, 1000)},
    "polar": {**TILED, "crs": "EPSG:3413", "transform": from_origin(-400_000, -1_000_000, 1000, 1000)},
    "world": {"crs": "EPSG:4326", "transform": from_origin(-180, 90, 360 / SIDE, 180 / SIDE), **TILED},
    "south-up": {"transform": from_origin(3_430_000, 3_430_000, 100, -100)},
    "rotated": {"transform": from_origin(3_430_000, 3_430_000, 100, 100) * rasterio.Affine.rotation(30)},
    "without-place": {"crs": None, "transform": rasterio.Affine.identity()},
}


@dataclass(frozen=True, slots=True)
class Seed:
    """A good file, and a place on it."""

    name: str
    body: bytes
    lon: float
    lat: float
    zoom: int


def seeds() -> list[Seed]:
    """Every kind that we write, with and without overviews and mask, and the small real files if they are here."""
    made = [(f"{kind}-{more}", write(kind, more)) for kind in KINDS for more in ("", "overviews", "mask")]
    real = sorted(path for path in DATA.rglob("*") if path.suffix.lower() == ".tif") if DATA.is_dir() else []
    found = [(path.name, path.read_bytes()) for path in real if path.stat().st_size <= REAL_BYTES_MAX]
    return [place(name, body) for name, body in [*made, *found]]


def write(kind: str, more: str) -> bytes:
    """Write one good file."""
    profile = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": 1, "dtype": "uint8", "crs": "EPSG:3857",
               "transform": from_origin(3_430_000, 3_430_000, 100, 100), **KINDS[kind]}  # fmt: skip
    ramp = np.add.outer(np.arange(SIDE), np.arange(SIDE)) % 256
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), MemoryFile() as file:
        with file.open(**profile) as dataset:
            for band in range(1, dataset.count + 1):
                dataset.write((ramp // band).astype(dataset.dtypes[0]), band)
            if more == "mask":
                dataset.write_mask(ramp > 20)
            if more:
                dataset.build_overviews([2, 4], Resampling.nearest)
        return bytes(file.read())


def place(name: str, body: bytes) -> Seed:
    """Find the middle of a file and the zoom at which it is about one tile."""
    try:
        with MemoryFile(body) as file, file.open() as dataset:
            west, south, east, north = rasterio.warp.transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds)
    except Exception:  # noqa: BLE001 - without a place, or broken already: anywhere will do
        return Seed(name, body, 30.85, 29.48, 10)
    zoom = int(np.clip(np.log2(360 / max(1e-9, east - west)), 0, 20))
    return Seed(name, body, (west + east) / 2, (south + north) / 2, zoom)


# --- what is changed ---


@dataclass(frozen=True, slots=True)
class Entry:
    """Where one entry of a directory lies.

    Attributes:
        at: Offset of its tag.
        values_at: Offset of its first value, inside the entry or outside it.
    """

    at: int
    tag: int
    kind: int
    count: int
    values_at: int


@dataclass(frozen=True, slots=True)
class Form:
    """How a TIFF writes numbers: byte order, and 8 bytes for offsets instead of 4."""

    order: str
    big: bool

    @property
    def offset(self) -> str:
        """Letter of an offset for ``struct``."""
        return self.order + ("Q" if self.big else "I")


SIZES = {1: "B", 2: "B", 3: "H", 4: "I", 5: "Q", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d", 16: "Q", 13: "I"}
COMPRESSIONS = (1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34712, 34887, 34925, 50000, 50001, 50002, 65535)
FEW = (0, 1, 2, 3, 4, 7, 8, 12, 15, 16, 24, 31, 32, 33, 63, 64, 65, 128, 255, 256)
LARGE = (1000, 2**12, 2**14, 20_000, 2**15 - 1, 2**15, 2**16 - 1, 2**16, 2**20, 2**24, 2**28, 2**30, 2**31 - 1, 2**31,
         2**32 - 16, 2**32 - 1, 2**40, 2**53, 2**63 - 1, 2**64 - 1)  # fmt: skip
REALS = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    1e-300,
    1e-12,
    1e6,
    1e8,
    2e7,
    1e12,
    -1e12,
    1e20,
    1e300,
    -1e300,
    float("inf"),
    float("nan"),
)
CODES = {258: FEW, 259: COMPRESSIONS, 262: (0, 1, 2, 3, 4, 5, 6, 8, 32803, 34892), 284: (0, 1, 2, 3), 317: (0, 1, 2, 3, 4),
         339: (0, 1, 2, 3, 4, 5, 6, 7), 254: (0, 1, 2, 3, 4, 5, 6, 7), 338: (0, 1, 2, 3)}  # fmt: skip
TAGS = (254, 256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 330, 338, 339, 347, 530, 532,
        33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113, 50674, 50844)  # fmt: skip


def form_of(body: bytes | bytearray) -> Form:
    """Read the first bytes."""
    order = ">" if body[:2] == b"MM" else "<"
    return Form(order, body[2:4] in (b"+\0", b"\0+"))


def directories(body: bytes | bytearray, form: Form) -> Iterator[tuple[int, list[Entry]]]:
    """Give the place of the offset that leads to each directory, and its entries, as far as they can be read."""
    pointer = 8 if form.big else 4
    for _ in range(20):
        try:
            [start] = struct.unpack_from(form.offset, body, pointer)
            if not start:
                return
            count_code, size = ("Q", 20) if form.big else ("H", 12)
            [count] = struct.unpack_from(form.order + count_code, body, start)
            first = start + struct.calcsize(count_code)
            yield pointer, [_entry(body, form, first + number * size) for number in range(min(count, 100))]
            pointer = first + count * size
        except (struct.error, OverflowError):  # offsets of 64 bits lead anywhere
            return


def _entry(body: bytes | bytearray, form: Form, at: int) -> Entry:
    tag, kind, count = struct.unpack_from(form.order + ("HHQ" if form.big else "HHI"), body, at)
    inline = at + (12 if form.big else 8)
    fits = count * struct.calcsize(SIZES.get(kind, "B")) <= (8 if form.big else 4)
    values_at = inline if fits else struct.unpack_from(form.offset, body, inline)[0]
    return Entry(at, tag, kind, count, values_at)


def mutate(body: bytes, random: Random) -> bytes:
    """Change a file in one to three ways."""
    changed = bytearray(body)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        change = random.choices([change for change, _ in CHANGES], [weight for _, weight in CHANGES])[0]
        try:
            change(changed, random)
        except struct.error:  # an earlier change has made the place unreadable
            _flip(changed, random)
    return bytes(changed)


def _flip(body: bytearray, random: Random) -> None:
    """Some bits, mostly near the start, where the directories of a COG are."""
    end = min(len(body), random.choice((16, 600, 3000, len(body))))
    for _ in range(random.choice((1, 2, 8, 64)) if end else 0):
        body[random.randrange(end)] ^= 1 << random.randrange(8)


def _cut(body: bytearray, random: Random) -> None:
    del body[random.choice((random.randrange(len(body) + 1), max(0, len(body) - random.randrange(200)))) :]


def _fill(body: bytearray, random: Random) -> None:
    """A stretch of the file becomes zeros, ones, noise or another stretch of it."""
    at, length = random.randrange(len(body) + 1), random.choice((4, 64, 1000, 20_000))
    elsewhere = random.randrange(len(body) + 1)
    stuff = random.choice((bytes(length), b"\xff" * length, random.randbytes(length), body[elsewhere:][:length]))
    body[at : at + length] = stuff


def _number(random: Random, body: bytearray, tag: int) -> int:
    special = random.choice(CODES[tag]) if tag in CODES and random.random() < 0.7 else None
    return random.choice((*FEW, *LARGE, len(body), max(0, len(body) - 1))) if special is None else special


def _pick_entry(body: bytearray, random: Random) -> tuple[Form, Entry]:
    form = form_of(body)
    entries = [entry for _, found in directories(body, form) for entry in found]
    if not entries:
        raise struct.error
    return form, random.choice(entries)


def _set_value(body: bytearray, random: Random) -> None:
    """One value, or all values, of an entry."""
    form, entry = _pick_entry(body, random)
    letter = SIZES.get(entry.kind, "B")
    size = struct.calcsize(letter)
    everything = random.random() < 0.2
    numbers = range(min(entry.count, 64)) if everything else [random.randrange(max(1, min(entry.count, 5000)))]
    value = random.choice(REALS) if letter in "fd" else _number(random, body, entry.tag) % 2 ** (8 * size)
    packed = _packed(form.order, letter, value, size)
    for number in numbers:
        at = entry.values_at + number * size
        if at + size <= len(body):
            body[at : at + size] = packed


def _packed(order: str, letter: str, value: float, size: int) -> bytes:
    if letter in "fd":
        try:
            return struct.pack(order + letter, value)
        except OverflowError:
            return struct.pack(order + letter, float("inf"))
    return int(value).to_bytes(size, "big" if order == ">" else "little")


def _set_entry(body: bytearray, random: Random) -> None:
    """Tag, type, count or place of an entry."""
    form, entry = _pick_entry(body, random)
    limit = 64 if form.big else 32
    match random.choice(("tag", "kind", "count", "place")):
        case "tag":
            struct.pack_into(form.order + "H", body, entry.at, random.choice(TAGS))
        case "kind":
            struct.pack_into(form.order + "H", body, entry.at + 2, random.choice((*SIZES, 0, 10, 14, 17, 18, 65535)))
        case "count":
            struct.pack_into(form.offset, body, entry.at + 4, _number(random, body, 0) % 2**limit)
        case "place":
            value_at = entry.at + (12 if form.big else 8)
            struct.pack_into(form.offset, body, value_at, random.choice((0, 8, len(body) - 4, 2**31, 2**limit - 1)))


def _set_chain(body: bytearray, random: Random) -> None:
    """Where the next directory is: nowhere, here again, or a new one whose tags are those of an old one."""
    form = form_of(body)
    found = list(directories(body, form))
    if not found:
        raise struct.error
    pointer, _ = random.choice(found)
    starts = [struct.unpack_from(form.offset, body, pointer)[0] for pointer, _ in found]
    struct.pack_into(form.offset, body, pointer, random.choice((0, *starts, len(body), random.randrange(len(body)))))


def _many_directories(body: bytearray, random: Random) -> None:
    """Copies of the last directory, one behind the other."""
    form = form_of(body)
    found = list(directories(body, form))
    if not found:
        raise struct.error
    entries = found[-1][1]
    [start] = struct.unpack_from(form.offset, body, found[-1][0])
    size, head = (20, 8) if form.big else (12, 2)
    end = start + head + len(entries) * size
    directory, link = bytes(body[start:end]), struct.calcsize(form.offset)
    for number in range(random.choice((1, 70, 3000))):
        struct.pack_into(form.offset, body, end, len(body))
        end = len(body) + len(directory)
        body += directory + bytes(link)
        if number == 0 and random.random() < 0.5:  # a mask, or another overview
            tags = [entry for entry in entries if entry.tag == 254]
            for entry in tags:
                at = end - len(directory) + entry.at - start
                struct.pack_into(form.order + "I", body, at + (12 if form.big else 8), random.choice((1, 4, 5)))


def _swap_values(body: bytearray, random: Random) -> None:
    """Two entries exchange their values."""
    form, one = _pick_entry(body, random)
    _, two = _pick_entry(body, random)
    size = 16 if form.big else 8
    first, second = (bytes(body[entry.at + 4 : entry.at + 4 + size]) for entry in (one, two))
    body[one.at + 4 : one.at + 4 + size], body[two.at + 4 : two.at + 4 + size] = second, first


Change = Callable[[bytearray, Random], None]
CHANGES: list[tuple[Change, float]] = [
    (_set_value, 8), (_set_entry, 3), (_flip, 3), (_cut, 1), (_fill, 1.5), (_set_chain, 0.5), (_many_directories, 0.5),
    (_swap_values, 0.7),
]  # fmt: skip


# --- what is asked of them ---


def questions(seed: Seed, random: Random) -> list[tuple[str, dict[str, str]]]:
    """Requests for a file, each a path and a query; ``url`` is added by whoever asks."""
    pick = partial(random.choice, ("nearest", "bilinear", "cubic", "average"))
    zoom = max(0, seed.zoom + random.choice((-3, 0, 0, 1, 2)))
    style = random.choice(({}, {"bidx": "1"}, {"expression": "b1*2"}, {"rescale": "0,100"}, {"unscale": "true"}))
    tile = ("/cog/tiles/" + "/".join(map(str, tile_at(seed.lon, seed.lat, zoom))), style)
    box = f"{seed.lon - 0.1:.4f},{max(-89, seed.lat - 0.1):.4f},{seed.lon + 0.1:.4f},{min(89.0, seed.lat + 0.1):.4f}"
    others = [
        tile,
        (tile[0], {"resampling": pick(), "reproject": pick()}),
        (f"/cog/point/{seed.lon:.5f},{seed.lat:.5f}", {}),
        ("/cog/preview/64x64.png", {}),
        ("/cog/preview.npy", {"max_size": "64", "dst_crs": random.choice(("EPSG:4326", "EPSG:3857", "EPSG:3413"))}),
        (f"/cog/crop/{box}/64x64.png", style),
        ("/cog/tiles/UPSArcticWGS84Quad/0/0/0", {}),
        ("/cog/tiles/0/0/0", style),
        ("/cog/tilejson.json", {}),
    ]
    told = [(path, {}) for path in ("/cog/info", "/cog/validate", "/cog/stac")]
    return [*told, tile, *random.sample(others, 2)]


def tile_at(lon: float, lat: float, zoom: int) -> tuple[int, int, int]:
    """The Web Mercator tile with a place in it: zoom, column, row."""
    lat = float(np.radians(np.clip(lat, -85, 85)))
    n = 2**zoom
    y = int((1 - np.log(np.tan(lat) + 1 / np.cos(lat)) / np.pi) / 2 * n)
    return zoom, min(n - 1, max(0, int((lon + 180) / 360 * n))), min(n - 1, max(0, y))
