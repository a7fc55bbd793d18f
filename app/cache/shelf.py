"""Texts in a folder that the workers of a server share, by names that are made of them."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{32,128}")
_DRAFT = ".draft-"


class Shelf:
    """Keeps texts until there are too many; those that were asked for longest ago go first.

    A text is written beside its place and renamed into it, so that no reader sees half of one; one that does not make
    its own name is as good as none.

    Args:
        folder: Made when it is not there.
        name_of: Makes the name of a text: hexadecimal digits.
        texts_max: Most texts.
        bytes_max: Most bytes of all of them.
    """

    def __init__(self, folder: Path, name_of: Callable[[str], str], *, texts_max: int, bytes_max: float) -> None:
        self._folder = folder
        self._name_of = name_of
        self._texts_max = texts_max
        self._bytes_max = bytes_max
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="swath-shelf")

    async def put(self, text: str) -> str:
        """Keep a text; gives its name.

        Raises:
            OSError: The folder cannot be written.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._put, text)

    async def get(self, name: str) -> str | None:
        """Give a text by its name, or None when it is not here."""
        if not _NAME.fullmatch(name):
            return None
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._get, name)

    def close(self) -> None:
        """End its thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _put(self, text: str) -> str:
        name = self._name_of(text)
        if self._get(name) is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room(len(text.encode()))
            self._write(name, text)
        return name

    def _get(self, name: str) -> str | None:
        path = self._folder / name
        try:
            text = path.read_text("utf-8")
            os.utime(path)
        except (OSError, UnicodeDecodeError):
            return None
        return text if self._name_of(text) == name else None

    def _write(self, name: str, text: str) -> None:
        handle, draft = tempfile.mkstemp(prefix=_DRAFT, dir=self._folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(draft).replace(self._folder / name)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise

    def _make_room(self, more_bytes: int) -> None:
        """Remove texts until one more has room; another worker may do the same."""
        kept = sorted(self._stats(), key=lambda each: each[1].st_mtime_ns)
        count, total = len(kept) + 1, sum(status.st_size for _, status in kept) + more_bytes
        for path, status in kept:
            if count <= self._texts_max and total <= self._bytes_max:
                return
            path.unlink(missing_ok=True)
            count, total = count - 1, total - status.st_size

    def _stats(self) -> list[tuple[Path, os.stat_result]]:
        """Texts, and drafts that a worker which was killed has left."""
        found = []
        for path in self._folder.iterdir():
            if _NAME.fullmatch(path.name) or path.name.startswith(_DRAFT):
                with suppress(OSError):
                    found.append((path, path.stat()))
        return found
