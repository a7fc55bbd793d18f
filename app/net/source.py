"""What does every reader of pixels read from? The seam ``ByteSource``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from app.model.location import Location
from app.net.ranges import Span


class BlockingSource(Protocol):
    """An open file of known size, for worker threads; all methods raise ``SwathError``."""

    name: str
    """Display name without directory or query, such as ``B04.tif``."""
    size: int
    """Bytes."""
    etag: str | None

    def read(self, offset: int, length: int) -> bytes:
        """Read a range; shorter where the file ends. Blocks."""
        ...

    def read_many(self, spans: Sequence[Span]) -> list[bytes]:
        """Read several ranges at once, in their order. Blocks."""
        ...


class ByteSource(BlockingSource, Protocol):
    """The same, remote or local, for the event loop, too; closed once, by whoever opened it."""

    requests: int
    """Requests sent upstream so far, or reads of the local file."""
    bytes_read: int
    """Bytes that came from upstream, or from the local file."""
    log: list[Span]
    """Offset and length of each of them."""

    async def ranges(self, spans: Sequence[Span]) -> list[bytes]:
        """Read several ranges at once, in their order."""
        ...

    def close(self) -> None:
        """Release the file; reads under way in other threads fail, later ones too."""
        ...


def stamp(opened: BlockingSource, location: Location) -> str:
    """Name a file and its version as far as an open tells: place, size, ETag (of a local file inode, size and time)."""
    return f"{location} {opened.size} {opened.etag or ''}"


def display_name(path: str) -> str:
    """Make a name that is safe to show and to log from the last part of a path."""
    last = path.rstrip("/").rpartition("/")[2]
    return re.sub(r"[^A-Za-z0-9._-]", "_", last)[-80:].lstrip(".") or "file.tif"
