"""Sizes of overviews, as the file stores them: GDAL tells only rounded factors, and drivers round sizes differently."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from rasterio.io import DatasetReader

from app.errors import UpstreamUnusable
from app.net.source import BlockingSource

IMAGE_WIDTH, IMAGE_LENGTH = 256, 257
DIRECTORIES_MAX = 256
"""Levels, masks and pages of one file; for 3000 of them GDAL takes 20 s."""


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
    """Read width and height from the image file directory at ``offset`` (TIFF 6.0, section 2; BigTIFF).

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
        # Tags are sorted, so the size stands among the first three: NewSubfileType, ImageWidth, ImageLength.
        entries = source.read(offset + head, entry_size * min(count, 4))
        starts = range(0, len(entries), entry_size)
        sizes = dict(_entry(entries[at : at + entry_size], order, value_at) for at in starts)
        return sizes[IMAGE_WIDTH], sizes[IMAGE_LENGTH]
    except (struct.error, KeyError) as err:
        raise UpstreamUnusable(f"{source.name} is broken: an overview has no size.") from err


def require_few_directories(source: BlockingSource) -> None:
    """Follow the chain of directories as far as it may go: GDAL reads each of them, and looks for it among all others.

    Raises:
        UpstreamUnusable: The chain is longer, or leads back into itself.
    """
    start = source.read(0, 16)
    order, big = ("<" if start[:2] == b"II" else ">"), start[2:4] in (b"+\0", b"\0+")
    count_code, offset_code, entry_size = ("Q", "Q", 20) if big else ("H", "I", 12)
    head, link = struct.calcsize(count_code), struct.calcsize(offset_code)
    try:
        [offset] = struct.unpack_from(order + offset_code, start, 8 if big else 4)
        for _ in range(DIRECTORIES_MAX):
            if not offset:
                return
            [count] = struct.unpack(order + count_code, source.read(offset, head))
            [offset] = struct.unpack(order + offset_code, source.read(offset + head + count * entry_size, link))
    except struct.error:
        return  # cut off: GDAL says what is wrong with it
    raise UpstreamUnusable(f"{source.name} has more than {DIRECTORIES_MAX} directories; a COG has about ten.")


def _entry(entry: bytes, order: str, value_at: int) -> tuple[int, int]:
    """Tag and value of a directory entry; values are SHORT (3) or LONG (4)."""
    tag, kind = struct.unpack(order + "2H", entry[:4])
    [value] = struct.unpack_from(order + ("H" if kind == 3 else "I"), entry, value_at)
    return tag, value
