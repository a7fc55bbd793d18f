"""How is a remote file read in pieces? Its first bytes once for everybody, then only the ranges that are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any

from cachetools import TTLCache

from app.cache.flight import SingleFlight, together
from app.errors import DeadlineExceeded, InternalError, UpstreamFailed, UpstreamUnusable
from app.model.location import RemoteLocation
from app.net.answers import RangeAnswer
from app.net.budget import MIB, current_budget, spending
from app.net.client import GuardedClient
from app.net.clock import on_time
from app.net.ranges import HEAD_BYTES, Fetched, Span, clip, coalesce
from app.net.source import display_name
from app.net.url import HttpUrl
from app.observe.metrics import cache_count

HEAD_TTL_S = 300
_GRACE_S = 1.0
_MOVED = frozenset({401, 403, 404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The first bytes of a file and what they came with (the whole file when the server ignores ``Range``)."""

    body: bytes
    size: int
    etag: str | None
    location: RemoteLocation

    @property
    def weight(self) -> int:
        """Bytes in a cache."""
        return len(self.body) + 512


class Heads:
    """Heads by URL: bounded in bytes and in time, fetched once for equal opens."""

    def __init__(self, client: GuardedClient, max_mb: float) -> None:
        self._client = client
        self._kept: TTLCache[str, Head] = TTLCache(
            maxsize=max_mb * MIB, ttl=HEAD_TTL_S, getsizeof=lambda head: head.weight
        )
        self._flights: SingleFlight[str, Head] = SingleFlight()
        self._count = cache_count("heads", lambda: self._kept.currsize)

    async def get(self, location: RemoteLocation) -> tuple[Head, bool]:
        """Give the head of a file, and whether this very call fetched it.

        Raises:
            SwathError: As ``GuardedClient.get_range``; DeadlineExceeded also while another call fetches it.
        """
        if (kept := self._kept.get(location.url)) is not None:
            self._count.hit()
            return kept, False
        self._count.miss()
        mine: list[bool] = []

        def fetch() -> Coroutine[Any, Any, Head]:
            mine.append(True)
            return self._fetch(location)

        async with on_time(display_name(location.url)):
            head = await self._flights.run(location.url, fetch)
        return head, bool(mine)

    def drop(self, location: RemoteLocation) -> None:
        """Forget a head: the file has changed."""
        self._kept.pop(location.url, None)

    def clear(self) -> None:
        """Forget all heads."""
        self._kept.clear()

    async def _fetch(self, location: RemoteLocation) -> Head:
        answer = await self._client.get_range(location, 0, HEAD_BYTES)
        head = Head(body=answer.body, size=answer.total_size, etag=answer.etag, location=answer.location)
        if head.weight <= self._kept.maxsize:
            self._kept[location.url] = head
        return head


class RemoteSource:
    """A ``ByteSource`` over a URL; made inside the event loop that it will use."""

    def __init__(
        self, client: GuardedClient, location: RemoteLocation, head: Head, forget: Callable[[RemoteLocation], None]
    ) -> None:
        self.name = display_name(HttpUrl.parse(location.url).path)
        self.size = head.size
        self.etag = head.etag
        self.requests = 0
        self.bytes_read = 0
        self.log: list[Span] = []
        self._client = client
        self._origin = location
        self._head = head
        self._forget = forget
        self._budget = current_budget()
        self._loop = asyncio.get_running_loop()
        self._waits: set[Future[list[bytes]]] = set()
        self._closed = False

    def count(self, offset: int, body: bytes) -> None:
        """Note one request."""
        self.requests += 1
        self.bytes_read += len(body)
        self.log.append((offset, len(body)))

    def read(self, offset: int, length: int) -> bytes:
        """See ``ByteSource``."""
        return self.read_many([(offset, length)])[0]

    def read_many(self, spans: Sequence[Span]) -> list[bytes]:
        """See ``ByteSource``."""
        wanted = [clip(span, self.size) for span in spans]
        if all(offset + length <= len(self._head.body) for offset, length in wanted):
            self._require_time()
            return self._from_head(wanted)
        if _in_loop(self._loop):
            raise InternalError("A blocking read was made on the event loop.")
        return self._wait(wanted)

    async def ranges(self, spans: Sequence[Span]) -> list[bytes]:
        """See ``ByteSource``."""
        self._require_time()
        wanted = [clip(span, self.size) for span in spans]
        merged = coalesce([span for span in wanted if not self._in_head(span)])
        with spending(self._budget):
            bodies = await together(self._fetch(offset, length) for offset, length in merged)
        fetched = Fetched(merged, bodies)
        return [self._from_head([span])[0] if self._in_head(span) else fetched.pick(span) for span in wanted]

    def close(self) -> None:
        """See ``ByteSource``."""
        self._closed = True
        for wait in list(self._waits):
            wait.cancel()

    def _wait(self, wanted: list[Span]) -> list[bytes]:
        """Hop to the event loop and back, no longer than the deadline (the second of grace lets the loop say why)."""
        limit_s = self._budget.remaining_s() + _GRACE_S if self._budget else None
        wait = asyncio.run_coroutine_threadsafe(self.ranges(wanted), self._loop)
        self._waits.add(wait)
        try:
            return wait.result(limit_s)
        except CancelledError as error:
            raise UpstreamFailed(f"Reading {self.name} was given up.") from error
        except TimeoutError as error:
            raise (self._budget.late() if self._budget else DeadlineExceeded("The source took too long.")) from error
        finally:
            wait.cancel()
            self._waits.discard(wait)

    async def _fetch(self, offset: int, length: int) -> bytes:
        """Fetch one range, what the head already has left out."""
        known = self._head.body[offset : offset + length]
        start, rest = offset + len(known), length - len(known)
        answer = await self._ask(start, rest)
        self.count(start, answer.body)
        if answer.total_size != self.size or (answer.etag and self.etag and answer.etag != self.etag):
            self._forget(self._origin)
            raise UpstreamFailed(f"{self.name} changed while it was read; try again.")
        body = answer.body[start : start + rest] if answer.whole else answer.body
        return known + body

    async def _ask(self, offset: int, length: int) -> RangeAnswer:
        """Ask where the head was found; a redirect target may have expired, then ask at the origin again."""
        final = self._head.location
        try:
            return await self._client.get_range(final, offset, length)
        except UpstreamUnusable as error:
            if final == self._origin or error.upstream_status not in _MOVED:
                raise
        return await self._client.get_range(self._origin, offset, length)

    def _in_head(self, span: Span) -> bool:
        return sum(span) <= len(self._head.body)

    def _from_head(self, spans: Sequence[Span]) -> list[bytes]:
        return [self._head.body[offset : offset + length] for offset, length in spans]

    def _require_time(self) -> None:
        if self._closed:
            raise UpstreamFailed(f"{self.name} is closed.")
        if self._budget is not None:
            self._budget.check()


def _in_loop(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False
