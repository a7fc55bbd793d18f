"""Where the blocks of a TIFF are: its levels, from full resolution to the coarsest overview, by async-tiff."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from async_tiff import TIFF, ImageFileDirectory
from async_tiff.enums import Compression, PhotometricInterpretation, PlanarConfiguration, Predictor, SampleFormat
from numpy.typing import NDArray

from app.errors import SwathError, UpstreamUnusable
from app.net.budget import MIB
from app.net.ranges import HEAD_BYTES, Span
from app.net.source import ByteSource
from app.read.cog.declined import Declined
from app.read.cog.directories import require_sane_directories

_KINDS = {SampleFormat.Uint: "u", SampleFormat.Int: "i", SampleFormat.Float: "f"}
LERC = 34887
_DECODED = {
    *(Compression.Uncompressed, Compression.Deflate, Compression.OldDeflate, Compression.ModernJPEG),
    *(Compression.LZW, Compression.ZSTD, Compression.LZMA, Compression.PackBits, Compression.WebP, LERC),
}

BLOCK_BYTES_MAX = 64 * MIB
"""Largest block that is decoded; that of an ordinary COG has half a MiB."""

Block = NDArray[Any]
"""Pixels of one block: shape ``(y, x, band)``, in this machine's byte order, not to be written to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One resolution of a file.

    Attributes:
        across: Blocks per row.
        offsets: Of each block, row by row; 0 where the block was never written.
        counts: Bytes of each block.
        stored_bytes: Of all blocks together.
        dtype: Of a sample, in numpy's letters without byte order, such as ``u2``, or ``bit``.
        fill: What a block that was never written holds: the file's nodata, as GDAL reads it, else 0.
        bands: Samples per pixel of a block.
        planes: Blocks for the same pixels, one after another: 1, or as many as there are bands.
        photometric: What the samples mean; with ``extra_samples`` and ``lerc`` as their entries in the file say.
    """

    width: int
    height: int
    block_width: int
    block_height: int
    across: int
    offsets: Sequence[int] = field(repr=False, compare=False)
    counts: Sequence[int] = field(repr=False, compare=False)
    stored_bytes: int
    dtype: str
    bands: int
    planes: int = 1
    compression: Compression | int
    predictor: int
    order: str
    jpeg_tables: bytes | None = field(default=None, repr=False, compare=False)
    fill: float = 0
    photometric: int = 1
    extra_samples: tuple[int, ...] = ()
    lerc: tuple[int, ...] = ()

    @property
    def own_colors(self) -> bool:
        """Whether its samples are those of a JPEG in grey or YCbCr."""
        grey = self.bands == 1 and self.photometric == PhotometricInterpretation.BlackIsZero
        return grey or (self.bands == 3 and self.photometric == PhotometricInterpretation.YCbCr)

    @property
    def plane_blocks(self) -> int:
        """Blocks of one plane."""
        return len(self.offsets) // self.planes

    @property
    def numpy_dtype(self) -> str:
        """Of a decoded sample; bits of a mask become bytes."""
        return "u1" if self.dtype == "bit" else self.dtype


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The levels of a file, and the levels of its internal mask where it has one."""

    levels: tuple[Level, ...]
    masks: tuple[Level, ...]


async def read_layout(source: ByteSource) -> Layout:
    """Read the directories of a file.

    Raises:
        Declined: The file has strips, or pixels this driver does not decode.
        SwathError: Its bytes cannot be read.
    """
    await require_sane_directories(source)
    store = _Store(source)
    try:
        tiff = await TIFF.open(source.name, store=store, prefetch=min(HEAD_BYTES, source.size))
    except Exception as err:
        if store.failure is not None:
            raise store.failure from err
        raise Declined("its directories cannot be read") from err
    order = "<" if tiff.endianness.name == "LittleEndian" else ">"
    images = [ifd for ifd in tiff.ifds if not _is_mask(ifd)]
    masks = [ifd for ifd in tiff.ifds if _is_mask(ifd)]
    if masks and len(masks) != len(images):
        raise Declined("its mask has other overviews than its pixels")
    return Layout(levels=tuple(_level(ifd, order) for ifd in images), masks=tuple(_level(ifd, order) for ifd in masks))


def _is_mask(ifd: ImageFileDirectory) -> bool:
    return bool((ifd.new_subfile_type or 0) & 4)


def _level(ifd: ImageFileDirectory, order: str) -> Level:
    if not ifd.tile_width or not ifd.tile_height:
        raise Declined("it has strips, not tiles")
    if ifd.compression not in _DECODED:
        raise Declined(f"its compression is {getattr(ifd.compression, 'name', ifd.compression)}")
    if not ifd.samples_per_pixel:
        raise Declined("it has no samples")
    planes = ifd.samples_per_pixel if ifd.planar_configuration is PlanarConfiguration.Planar else 1
    level = Level(
        width=ifd.image_width,
        height=ifd.image_height,
        block_width=ifd.tile_width,
        block_height=ifd.tile_height,
        across=-(-ifd.image_width // ifd.tile_width),
        offsets=array("Q", ifd.tile_offsets or ()),
        counts=array("Q", ifd.tile_byte_counts or ()),
        stored_bytes=sum(ifd.tile_byte_counts or ()),
        dtype=_dtype(ifd),
        bands=ifd.samples_per_pixel // planes,
        planes=planes,
        compression=ifd.compression,
        predictor=int(ifd.predictor or Predictor.Unknown),
        order=order,
        jpeg_tables=bytes(ifd.jpeg_tables) if ifd.jpeg_tables else None,
        photometric=int(ifd.photometric_interpretation) if planes == 1 else 1,
        extra_samples=() if planes > 1 else tuple(map(int, ifd.extra_samples or ())),
        lerc=tuple(ifd.lerc_parameters or ()),
    )
    _require_sane(level)
    return level


def _require_sane(level: Level) -> None:
    """Judge the blocks of a level, overviews and masks included.

    Raises:
        Declined: They are not all listed.
        UpstreamUnusable: They are too large to decode, for GDAL too.
    """
    blocks = level.across * -(-level.height // level.block_height) * level.planes
    if not blocks or len(level.offsets) != blocks or len(level.counts) != blocks:
        raise Declined("its blocks are not all listed")
    size = level.block_width * level.block_height * level.bands * np.dtype(level.numpy_dtype).itemsize
    if size > BLOCK_BYTES_MAX:
        raise UpstreamUnusable(
            f"The raster has blocks of {size / MIB:.0f} MiB, {BLOCK_BYTES_MAX / MIB:.0f} MiB are decoded at most; "
            "a COG has blocks of 512 x 512 pixels."
        )


def _dtype(ifd: ImageFileDirectory) -> str:
    formats, bits = set(ifd.sample_format), set(ifd.bits_per_sample)
    if len(formats) != 1 or len(bits) != 1 or not formats <= _KINDS.keys():
        raise Declined("its bands differ in type")
    [depth] = bits
    if depth == 1 and ifd.photometric_interpretation is PhotometricInterpretation.TransparencyMask:
        return "bit"
    narrow = 32 if SampleFormat.Float in formats else 8  # GDAL widens floats of 16 and 24 bits; of 8 there are none
    if depth not in (8, 16, 32, 64) or depth < narrow:
        raise Declined(f"its samples have {depth} bits")
    return f"{_KINDS[formats.pop()]}{depth // 8}"


class _Store:
    """A byte source as async-tiff wants it."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self.failure: SwathError | None = None
        """The first one of a read: async-tiff tells it in words only."""

    async def get_range_async(
        self,
        path: str,  # noqa: ARG002 -- async-tiff names it
        *,
        start: int,
        end: int | None = None,
        length: int | None = None,
    ) -> bytes:
        """Read one range."""
        size = length if length is not None else (end or start) - start
        return (await self._ranges([(start, size)]))[0]

    async def get_ranges_async(
        self,
        path: str,  # noqa: ARG002 -- async-tiff names it
        *,
        starts: Sequence[int],
        ends: Sequence[int] | None = None,
        lengths: Sequence[int] | None = None,
    ) -> list[bytes]:
        """Read several ranges."""
        sizes = lengths if lengths is not None else [end - start for start, end in zip(starts, ends or (), strict=True)]
        return await self._ranges(list(zip(starts, sizes, strict=True)))

    async def _ranges(self, spans: list[Span]) -> list[bytes]:
        try:
            return await self._source.ranges(spans)
        except SwathError as failure:
            self.failure = failure
            raise
