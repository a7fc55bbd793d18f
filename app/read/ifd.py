"""Sizes of overviews, as the file stores them: GDAL tells only rounded factors, and drivers round sizes differently."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rasterio.io import DatasetReader

from app.errors import UpstreamUnusable
from app.net.source import BlockingSource
from app.read.tiff import TiffForm, form_of

IMAGE_WIDTH, IMAGE_LENGTH = 256, 257
ROWS_PER_STRIP, TILE_WIDTH, TILE_LENGTH = 278, 322, 323
ASCII, GDAL_METADATA = 2, 42112
ENTRIES_MAX = 4096
"""Tags of a directory; there are about a hundred different ones."""
TEXT_MAX = 512 * 1024
"""Characters of a text. Of 20 MB of metadata GDAL makes 300 000 items, and looks for each among all before: minutes."""
DIRECTORIES_MAX = 256
"""Levels, masks and pages of one file; for 3000 of them GDAL takes 20 s."""


class Block(NamedTuple):
    """A tile, or a strip, which is as wide as the image."""

    rows: int
    columns: int
    is_tile: bool


def overview_sizes(source: BlockingSource, dataset: DatasetReader) -> Iterator[tuple[int, int]]:
    """Give ``(width, height)`` of each overview of band 1, from fine to coarse.

    Overviews that have no image directory in the file itself (there are none outside it: GDAL sees no sidecars) take
    GDAL's rounded factor.
    """
    for level, factor in enumerate(dataset.overviews(1)):
        offset = dataset.get_tag_item("IFD_OFFSET", "TIFF", bidx=1, ovr=level)
        if offset is None:
            yield max(1, dataset.width // factor), max(1, dataset.height // factor)
        else:
            yield directory_size(source, int(offset))


def directory_size(source: BlockingSource, offset: int) -> tuple[int, int]:
    """Read width and height from the image file directory at ``offset``.

    Raises:
        UpstreamUnusable: There is no directory with a size.
    """
    # Tags are sorted, so the size stands among the first three: NewSubfileType, ImageWidth, ImageLength.
    values = directory_values(source, offset, 4)
    return values[IMAGE_WIDTH], values[IMAGE_LENGTH]


def directory_block(source: BlockingSource, offset: int) -> Block:
    """Read how the directory at ``offset`` cuts its image; raises as ``directory_size``."""
    values = directory_values(source, offset, ENTRIES_MAX)
    rows, columns = values.get(TILE_LENGTH), values.get(TILE_WIDTH)
    if rows and columns:
        return Block(rows, columns, True)
    height = values[IMAGE_LENGTH]
    return Block(min(values.get(ROWS_PER_STRIP) or height, height), values[IMAGE_WIDTH], False)


def directory_values(source: BlockingSource, offset: int, entries_max: int) -> dict[int, int]:
    """Read tags and their values (of arrays, where they are) from a directory (TIFF 6.0, section 2; BigTIFF).

    Raises:
        UpstreamUnusable: There is no directory with a size.
    """
    form = form_of(source.read(0, 4))
    start = offset + form.count.size
    try:
        [count] = form.count.unpack(source.read(offset, form.count.size))
        entries = form.entry.iter_unpack(source.read(start, form.entry.size * min(count, entries_max)))
        values = {tag: _value(raw, kind, form) for tag, kind, _, raw in entries}
    except struct.error:
        values = {}
    if not (values.get(IMAGE_WIDTH) and values.get(IMAGE_LENGTH)):
        raise UpstreamUnusable(f"{source.name} is broken: an overview has no size.")
    return values


def require_modest_directories(source: BlockingSource) -> None:
    """Follow the chain of directories as far as it may go: GDAL reads each of them, and looks for it among all others.

    Raises:
        UpstreamUnusable: The chain is longer, or leads back into itself, or holds more than GDAL should read.
    """
    start = source.read(0, 16)
    form = form_of(start)
    try:
        [offset] = form.offset.unpack_from(start, form.first_at)
        for _ in range(DIRECTORIES_MAX):
            if not offset:
                return
            [count] = form.count.unpack(source.read(offset, form.count.size))
            if count > ENTRIES_MAX:
                raise UpstreamUnusable(
                    f"{source.name} has a directory of {count} tags, {ENTRIES_MAX} are read at most."
                )
            length = count * form.entry.size
            entries = source.read(offset + form.count.size, length + form.offset.size)
            [offset] = form.offset.unpack(entries[length:])
            _require_short_texts(source, form.entry.iter_unpack(entries[:length]))
    except struct.error:
        return  # cut off: GDAL says what is wrong with it
    raise UpstreamUnusable(f"{source.name} has more than {DIRECTORIES_MAX} directories; a COG has about ten.")


def _require_short_texts(source: BlockingSource, entries: Iterable[tuple[Any, ...]]) -> None:
    for tag, kind, length, _ in entries:
        if (kind == ASCII or tag == GDAL_METADATA) and length > TEXT_MAX:
            raise UpstreamUnusable(f"{source.name} has a tag of {length} characters, {TEXT_MAX} are read at most.")


def _value(raw: bytes, kind: int, form: TiffForm) -> int:
    """The value in an entry: SHORT (3) or LONG (4)."""
    [value] = struct.unpack_from(form.order + ("H" if kind == 3 else "I"), raw)
    return int(value)
