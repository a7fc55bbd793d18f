"""Which files does GDAL see? One for each open dataset, read-only, and nothing beside it."""

from __future__ import annotations

import io
import itertools
import os
from typing import Any, Final

from rasterio.abc import MultiByteRangeResourceContainer

from app.errors import InternalError, SwathError
from app.net.source import BlockingSource
from app.read.pages import PagedFile

_numbers: Final = itertools.count(1)


class SoleFile(MultiByteRangeResourceContainer):  # type: ignore[misc] # rasterio ships no types
    """A file system with one file, under a path that no other open shares: equal files may be open in parallel."""

    def __init__(self, source: BlockingSource) -> None:
        self.name = source.name
        self.folder = f"swath-{os.getpid()}-{next(_numbers)}"
        self.path = f"{self.folder}/raster.tif"
        self.asked: list[str] = []
        """Other paths that GDAL asked for, and did not get."""
        self._source = source
        self._failure: Exception | None = None
        self._files: list[PagedFile] = []  # rasterio keeps no reference of its own that is safe across contexts

    def raise_failure(self, cause: Exception | None = None) -> None:
        """Raise the first failure of a read, if there was one.

        Raises:
            SwathError: What the source said.
        """
        if self._failure is None:
            return
        if isinstance(self._failure, SwathError):
            raise self._failure from (self._failure.__cause__ or cause)
        raise InternalError("Reading a raster failed.") from self._failure

    def keep(self, failure: Exception) -> None:
        """Keep the first failure."""
        self._failure = self._failure or failure

    def open(self, path: str, mode: str = "r", **_: Any) -> PagedFile:
        """Give the file, or say that there is none.

        Raises:
            FileNotFoundError: Any other path, or a wish to write.
        """
        if path != self.path or set(mode) - set("rbt"):
            self.asked.append(path)
            raise FileNotFoundError(path)
        file = PagedFile(self._source, self.keep)
        self._files.append(file)
        return file

    def isfile(self, path: str) -> bool:
        """Tell whether this is the one file."""
        return path == self.path or self._note(path)

    def isdir(self, path: str) -> bool:
        """Tell that there are no folders."""
        return self._note(path)

    def ls(self, path: str) -> list[str]:  # noqa: ARG002 - the protocol of rasterio
        """List nothing: the file has no neighbours."""
        return []

    def mtime(self, path: str) -> int:  # noqa: ARG002 - the protocol of rasterio
        """Give no time."""
        return 0

    def rm(self, path: str) -> None:
        """Refuse.

        Raises:
            FileNotFoundError: Always.
        """
        raise FileNotFoundError(path)

    def size(self, path: str) -> int:
        """Give the size of the one file.

        Raises:
            FileNotFoundError: Any other path.
        """
        if path != self.path:
            raise FileNotFoundError(path)
        return self._source.size

    def _note(self, path: str) -> bool:
        self.asked.append(path)
        return False


class OpenFiles(MultiByteRangeResourceContainer):  # type: ignore[misc] # rasterio ships no types
    """All open ``SoleFile`` of a process as one file system, each in its folder; ``anchor`` is always there.

    It must never be falsy (no ``__len__``): rasterio would take it for no opener, and open paths of the disk.
    """

    anchor: Final = "swath-anchor/anchor.tif"

    def __init__(self) -> None:
        self._by_folder: dict[str, SoleFile] = {}

    def add(self, file: SoleFile) -> None:
        """Let GDAL see a file."""
        self._by_folder[file.folder] = file

    def remove(self, file: SoleFile) -> None:
        """Let GDAL see it no more."""
        self._by_folder.pop(file.folder, None)

    @property
    def count(self) -> int:
        """Files that GDAL sees now, without the anchor."""
        return len(self._by_folder)

    def open(self, path: str, mode: str = "r", **_: Any) -> PagedFile | io.BytesIO:
        """Give a file; raises FileNotFoundError."""
        return io.BytesIO(TINY_TIFF) if path == self.anchor else self._holder(path).open(path, mode)

    def isfile(self, path: str) -> bool:
        """Tell whether a path is one of the files."""
        file = self._by_folder.get(_folder(path))
        return file is not None and file.isfile(path)

    def isdir(self, path: str) -> bool:  # noqa: ARG002 - the protocol of rasterio
        """Tell that there are no folders."""
        return False

    def ls(self, path: str) -> list[str]:  # noqa: ARG002 - the protocol of rasterio
        """List nothing."""
        return []

    def mtime(self, path: str) -> int:  # noqa: ARG002 - the protocol of rasterio
        """Give no time."""
        return 0

    def rm(self, path: str) -> None:
        """Refuse: raises FileNotFoundError."""
        raise FileNotFoundError(path)

    def size(self, path: str) -> int:
        """Give the size of a file; raises FileNotFoundError."""
        return len(TINY_TIFF) if path == self.anchor else self._holder(path).size(path)

    def _holder(self, path: str) -> SoleFile:
        try:
            return self._by_folder[_folder(path)]
        except KeyError as error:
            raise FileNotFoundError(path) from error


def _folder(path: str) -> str:
    return path.partition("/")[0]


def _tiny_tiff() -> bytes:
    """One grey pixel: header, one directory of eight entries (tag, type, count, value), the pixel."""
    entries = ((256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8 + 2 + 8 * 12 + 4), (278, 1), (279, 1))
    directory = b"".join(_entry(tag, value) for tag, value in entries)
    return b"II*\0" + (8).to_bytes(4, "little") + len(entries).to_bytes(2, "little") + directory + bytes(4) + b"\0"


def _entry(tag: int, value: int) -> bytes:
    long = 4
    return b"".join(number.to_bytes(size, "little") for number, size in ((tag, 2), (long, 2), (1, 4), (value, 4)))


TINY_TIFF: Final = _tiny_tiff()
