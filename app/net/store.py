"""Give me the bytes of this location: the seam that the rooms above use."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from app.model.location import FileLocation, Location, RemoteLocation
from app.net.answers import Document
from app.net.budget import MIB, current_budget
from app.net.client import GuardedClient
from app.net.local import LocalSource, list_files, read_file
from app.net.remote import Heads, RemoteSource
from app.net.source import ByteSource
from app.settings import Settings

__all__ = ["ByteSource", "ByteStore"]

_FILE_THREADS = 8


class ByteStore:
    """Opens documents and files, remote or local, under the budget of the current request.

    Args:
        client: The guarded client; closed with the store.
        settings: Sizes, timeouts, memory for heads.
    """

    def __init__(self, client: GuardedClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._heads = Heads(client, settings.cache_headers_mb)
        self._pool = ThreadPoolExecutor(_FILE_THREADS, thread_name_prefix="swath-files")

    async def document(self, location: Location, *, etag: str | None = None) -> Document:
        """Read a small text whole; ``not_modified`` when ``etag`` is still its version.

        Raises:
            SwathError: See ``GuardedClient.get_document``.
        """
        max_bytes = int(self._settings.item_max_mb * MIB)
        if isinstance(location, FileLocation):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, read_file, location, max_bytes, etag)
        timeout_s = self._settings.item_timeout_s
        return await self._client.get_document(location, max_bytes=max_bytes, timeout_s=timeout_s, etag=etag)

    async def question(self, location: RemoteLocation, body: bytes) -> Document:
        """Send JSON that asks and changes nothing; gives the document that answers it.

        Raises:
            SwathError: See ``GuardedClient.get_document``.
        """
        max_bytes, timeout_s = int(self._settings.item_max_mb * MIB), self._settings.item_timeout_s
        return await self._client.post_question(location, body, max_bytes=max_bytes, timeout_s=timeout_s)

    async def files(self, location: FileLocation, suffixes: Collection[str], most: int) -> list[FileLocation] | None:
        """List the files of a folder and of those in it, sorted by path, at most so many; None when it is no folder."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, list_files, location, suffixes, most)

    async def open(self, location: Location) -> ByteSource:
        """Open a file for reading in pieces: one request at most, none when its head is still in memory.

        Raises:
            SwathError: See ``GuardedClient.get_range``.
        """
        budget = current_budget()
        if isinstance(location, FileLocation):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, LocalSource, location, self._pool, budget)
        head, fetched = await self._heads.get(location)
        source = RemoteSource(self._client, location, head, self._heads.drop)
        if fetched:
            source.count(0, head.body)
            if budget is not None:
                budget.charge(len(head.body))
        return source

    def clear(self) -> None:
        """Forget the first bytes of all files."""
        self._heads.clear()

    @property
    def open_breakers(self) -> int:
        """Hosts that are left alone now, because they failed too often."""
        return self._client.open_breakers

    async def aclose(self) -> None:
        """Close connections and threads."""
        await self._client.aclose()
        self._pool.shutdown(wait=False, cancel_futures=True)
