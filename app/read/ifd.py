"""Sizes of overviews, as the file stores them: GDAL tells only rounded factors, and drivers round sizes differently."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rasterio.io import DatasetReader

from app.errors import UpstreamUnusable
from app.net.source import BlockingSource

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
    start = source.read(0, 4)
    order = "<" if start[:2] == b"II" else ">"
    big = struct.unpack(order + "H", start[2:4])[0] == 43
    count_code, entry_size, value_at = ("Q", 20, 12) if big else ("H", 12, 8)
    head = struct.calcsize(count_code)
    try:
        [count] = struct.unpack(order + count_code, source.read(offset, head))
        entries = source.read(offset + head, entry_size * min(count, entries_max))
        starts = range(0, len(entries), entry_size)
        values = dict(_entry(entries[at : at + entry_size], order, value_at) for at in starts)
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
    order, big = ("<" if start[:2] == b"II" else ">"), start[2:4] in (b"+\0", b"\0+")
    count_code, offset_code, entry_codes = ("Q", "Q", "2H2Q") if big else ("H", "I", "2H2I")
    head, link, entry_size = (struct.calcsize(order + codes) for codes in (count_code, offset_code, entry_codes))
    try:
        [offset] = struct.unpack_from(order + offset_code, start, 8 if big else 4)
        for _ in range(DIRECTORIES_MAX):
            if not offset:
                return
            [count] = struct.unpack(order + count_code, source.read(offset, head))
            if count > ENTRIES_MAX:
                raise UpstreamUnusable(
                    f"{source.name} has a directory of {count} tags, {ENTRIES_MAX} are read at most."
                )
            entries = source.read(offset + head, count * entry_size + link)
            [offset] = struct.unpack(order + offset_code, entries[count * entry_size :])
            _require_short_texts(source, struct.iter_unpack(order + entry_codes, entries[: count * entry_size]))
    except struct.error:
        return  # cut off: GDAL says what is wrong with it
    raise UpstreamUnusable(f"{source.name} has more than {DIRECTORIES_MAX} directories; a COG has about ten.")


def _require_short_texts(source: BlockingSource, entries: Iterable[tuple[int, ...]]) -> None:
    for tag, kind, length, _ in entries:
        if (kind == ASCII or tag == GDAL_METADATA) and length > TEXT_MAX:
            raise UpstreamUnusable(f"{source.name} has a tag of {length} characters, {TEXT_MAX} are read at most.")


def _entry(entry: bytes, order: str, value_at: int) -> tuple[int, int]:
    """Tag and value of a directory entry; values are SHORT (3) or LONG (4)."""
    tag, kind = struct.unpack(order + "2H", entry[:4])
    [value] = struct.unpack_from(order + ("H" if kind == 3 else "I"), entry, value_at)
    return tag, value
