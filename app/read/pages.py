"""How do a thousand tiny reads of a header become a few? A file object with read-ahead pages, made for GDAL."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Callable
from types import TracebackType
from typing import Self

from app.errors import UpstreamUnusable
from app.net.source import BlockingSource

PAGE_BYTES = 16 * 1024
PAGES_KEPT = 32
READ_MAX_BYTES = 1 << 30
"""rasterio counts what a read gives in a C int."""


class PagedFile:
    """Reads from a ``BlockingSource``; never raises, but gives too few bytes and hands the failure to ``keep``.

    Args:
        source: Where the bytes come from.
        keep: Takes a failure.
    """

    def __init__(self, source: BlockingSource, keep: Callable[[Exception], None]) -> None:
        self._source = source
        self._keep = keep
        self._position = 0
        self._pages: OrderedDict[int, bytes] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pages.clear()

    def tell(self) -> int:
        """Give the offset of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to an offset from the start, from here or from the end."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def read(self, count: int = -1) -> bytes:
        """Read ``count`` bytes, fewer at the end of the file or when reading failed."""
        if count < 0:
            count = max(0, self._source.size - self._position)
        try:
            body = self._some_of(self._position, count)
        except Exception as error:  # noqa: BLE001 - nothing may be raised into GDAL; SoleFile raises it above
            self._keep(error)
            return b""
        self._position += len(body)
        return body

    def get_byte_ranges(self, offsets: list[int], sizes: list[int]) -> list[bytes]:
        """Read several ranges at once; blocks outside the file are a failure, as GDAL's buffers would stay unset."""
        try:
            return self._all_of(list(zip(offsets, sizes, strict=True)))
        except Exception as error:  # noqa: BLE001 - as in read
            self._keep(error)
            return [b""] * len(sizes)

    def close(self) -> None:
        """Forget the pages; whoever opened the source closes it."""
        self._pages.clear()

    def _all_of(self, spans: list[tuple[int, int]]) -> list[bytes]:
        self._require_sane(sum(size for _, size in spans))
        bodies = self._source.read_many(spans)
        if [len(body) for body in bodies] != [size for _, size in spans]:
            raise UpstreamUnusable(f"{self._source.name} is cut off: it names blocks behind its end.")
        return bodies

    def _some_of(self, offset: int, count: int) -> bytes:
        self._require_sane(count)
        body = self._paged(offset, count) if count < PAGE_BYTES else self._source.read(offset, count)
        return body[:count]  # one byte more would be written behind GDAL's buffer

    def _require_sane(self, count: int) -> None:
        if count > READ_MAX_BYTES:
            raise UpstreamUnusable(f"{self._source.name} has a block of {count} bytes, more than GDAL can be given.")

    def _paged(self, offset: int, count: int) -> bytes:
        first, last = offset // PAGE_BYTES, (offset + count - 1) // PAGE_BYTES
        joined = b"".join(self._page(number) for number in range(first, last + 1))
        start = offset - first * PAGE_BYTES
        return joined[start : start + count]

    def _page(self, number: int) -> bytes:
        if number in self._pages:
            self._pages.move_to_end(number)
            return self._pages[number]
        page = self._source.read(number * PAGE_BYTES, PAGE_BYTES)
        self._pages[number] = page
        if len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)
        return page
