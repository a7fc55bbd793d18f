"""How is a file below a root read without being led out of it?"""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from collections.abc import Collection, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from app.errors import NotFound, UpstreamFailed, UpstreamUnusable
from app.model.location import FileLocation
from app.net.answers import Document
from app.net.budget import MIB, Budget
from app.net.ranges import Span, clip
from app.net.source import display_name

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # O_NONBLOCK: opening a pipe must not wait


def open_inside(location: FileLocation) -> int:
    """Open the regular file of a location, folder by folder and without following any link.

    The path was real when it was judged; a link that appears in it afterwards is not followed.

    Raises:
        OSError: Missing, not readable, a link, or not a regular file.
    """
    if location.path == location.root:
        raise IsADirectoryError
    folder = open_folder(replace(location, path=location.path.parent))
    try:
        return _regular(os.open(location.path.name, _FILE, dir_fd=folder))
    finally:
        os.close(folder)


def open_folder(location: FileLocation) -> int:
    """Open a folder in the same way.

    Raises:
        OSError: Missing, not readable, a link, or not a folder.
    """
    current = os.open(location.root, _FOLDER & ~os.O_NOFOLLOW)
    try:
        for folder in location.path.relative_to(location.root).parts:
            inner = os.open(folder, _FOLDER, dir_fd=current)
            os.close(current)
            current = inner
    except BaseException:
        os.close(current)
        raise
    return current


def read_file(location: FileLocation, max_bytes: int, etag: str | None = None) -> Document:
    """Read a small file whole; ``not_modified`` when ``etag`` is still its version.

    Raises:
        NotFound: There is no such file.
        UpstreamUnusable: It is too large.
    """
    try:
        descriptor = open_inside(location)
    except OSError as error:
        raise NotFound(f"There is no document {display_name(location.path.name)}.") from error
    with os.fdopen(descriptor, "rb") as file:
        version = _version(os.fstat(descriptor))
        if version == etag:
            return Document(body=b"", etag=etag, location=location, not_modified=True)
        body = file.read(max_bytes + 1)
    if len(body) > max_bytes:
        raise UpstreamUnusable(f"The document is larger than {max_bytes / MIB:g} MiB (SWATH_ITEM_MAX_MB).")
    return Document(body=body, etag=version, location=location)


def list_files(location: FileLocation, suffixes: Collection[str], most: int) -> list[FileLocation] | None:
    """List the files of a folder, and of the folders in it, sorted by path; no link is followed.

    Args:
        suffixes: Ends of their names, in lower case, with the dot.
        most: So many are listed, and no more looked for.

    Returns:
        None when there is no such folder.
    """
    try:
        folder = open_folder(location)
    except OSError:
        return None
    found: list[FileLocation] = []
    try:
        for inside, folders, names, _ in os.fwalk(dir_fd=folder):
            folders.sort()
            for name in sorted(names):
                if name.lower().endswith(tuple(suffixes)):
                    found.append(FileLocation(location.root, location.path / inside / name))
                    if len(found) >= most:
                        return found
    finally:
        os.close(folder)
    return found


class LocalSource:
    """A ``ByteSource`` over a file below a root."""

    def __init__(self, location: FileLocation, pool: Executor, budget: Budget | None = None) -> None:
        self.name = display_name(location.path.name)
        try:
            self._descriptor = open_inside(location)
        except OSError as error:
            raise UpstreamUnusable(f"There is no file {self.name}.", upstream_status=404) from error
        status = os.fstat(self._descriptor)
        self.size = status.st_size
        self.etag: str | None = _version(status)
        self.requests = 0
        self.bytes_read = 0
        self.log: list[Span] = []
        self._pool = pool
        self._budget = budget
        self._lock = threading.Lock()  # a descriptor closed during a read could be given to another file

    def read(self, offset: int, length: int) -> bytes:
        """See ``ByteSource``."""
        offset, length = clip((offset, length), self.size)
        if not length:
            return b""
        _spend(self._budget, length)
        try:
            with self._lock:
                body = _pread(self._descriptor, offset, length)
        except OSError as error:
            raise UpstreamFailed(f"{self.name} can no longer be read.") from error
        self.requests += 1
        self.bytes_read += len(body)
        self.log.append((offset, length))
        if len(body) < length:
            raise UpstreamFailed(f"{self.name} changed while it was read; try again.")
        return body

    def read_many(self, spans: Sequence[Span]) -> list[bytes]:
        """See ``ByteSource``."""
        return [self.read(offset, length) for offset, length in spans]

    async def ranges(self, spans: Sequence[Span]) -> list[bytes]:
        """See ``ByteSource``."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.read_many, spans)

    def close(self) -> None:
        """See ``ByteSource``."""
        with self._lock:
            descriptor, self._descriptor = self._descriptor, -1
            if descriptor >= 0:
                os.close(descriptor)


def _regular(descriptor: int) -> int:
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError("not a regular file")


def _pread(descriptor: int, offset: int, length: int) -> bytes:
    """Read until ``length`` bytes are there or the file ends: one call may give less."""
    body = os.pread(descriptor, length, offset)
    while 0 < len(body) < length and (more := os.pread(descriptor, length - len(body), offset + len(body))):
        body += more
    return body


def _spend(budget: Budget | None, count: int) -> None:
    if budget is not None:
        budget.check(count)
        budget.charge(count)


def _version(status: os.stat_result) -> str:
    return f'"{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"'
