"""How do bytes come from another host? Through this client only: judged, counted, on time, with typed errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import aiohttp
from yarl import URL

from app.errors import UpstreamUnusable
from app.model.location import RemoteLocation
from app.net import faults
from app.net.answers import Document, RangeAnswer
from app.net.body import read_document, read_part, read_whole
from app.net.breaker import Breakers
from app.net.budget import current_budget
from app.net.clock import Clock, on_time
from app.net.guard import MakeResolver, guarded_session
from app.net.names import SystemResolver
from app.net.policy import SourcePolicy, shown
from app.net.ranges import covers, parse_content_range, size_of_unsatisfied
from app.net.retry import Retries
from app.net.url import HttpUrl
from app.observe.upstream import Asking
from app.settings import Settings

T = TypeVar("T")
Take: TypeAlias = Callable[[aiohttp.ClientResponse, HttpUrl], Awaitable[T]]
"""Makes something of an answer that came from a URL, or raises what its status means."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What is sent: a GET, or with a body a POST that only asks, so that it may be sent again."""

    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"


class GuardedClient:
    """Reads documents and ranges from hosts that the policy allows.

    Two connection pools, one for the hosts that the operator named and one for everybody else, so that what was opened
    for one host can never be reached through another. Sessions are made on first use, inside the running loop.

    Args:
        policy: Which URLs and addresses may be read.
        settings: Timeouts, redirect hops, sizes.
        make_resolver: Makes the name resolver; tests put a double here.
    """

    def __init__(
        self, policy: SourcePolicy, settings: Settings, *, make_resolver: MakeResolver = SystemResolver
    ) -> None:
        self._policy = policy
        self._settings = settings
        self._make_resolver = make_resolver
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._retries = Retries()
        self._breakers = Breakers()

    async def get_document(
        self, location: RemoteLocation, *, max_bytes: int, timeout_s: float, etag: str | None = None
    ) -> Document:
        """Read a whole document of at most ``max_bytes``, redirects included within ``timeout_s``.

        Args:
            location: Where it is.
            max_bytes: Size limit, before and after decompression.
            timeout_s: Time for everything.
            etag: Known version; the answer is ``not_modified`` when it still holds.

        Raises:
            SwathError: NotFound, SourceNotAllowed, UpstreamUnusable, UpstreamFailed, DeadlineExceeded, Overloaded,
                LimitExceeded.
        """
        wish = _Wish(headers={"If-None-Match": etag} if etag else {})
        return await self._ask(location, wish, _taking_document(max_bytes, etag), timeout_s)

    async def post_question(
        self, location: RemoteLocation, body: bytes, *, max_bytes: int, timeout_s: float
    ) -> Document:
        """Send JSON that asks and changes nothing, such as a search, and read the document that answers it.

        Redirects get the same body, but for 303, which says to GET; and only at the same host, so that no stranger has
        this server send anything to hosts that are open to it alone.

        Raises:
            SwathError: As ``get_document``.
        """
        wish = _Wish(headers={"Content-Type": JSON}, body=body)
        return await self._ask(location, wish, _taking_document(max_bytes), timeout_s)

    async def get_range(self, location: RemoteLocation, offset: int, length: int) -> RangeAnswer:
        """Read ``length`` bytes from ``offset``; fewer where the file ends, none behind its end.

        Raises:
            SwathError: As ``get_document``, but a missing file is ``UpstreamUnusable``.
        """
        if (budget := current_budget()) is not None:
            budget.check(length)

        async def take(reply: aiohttp.ClientResponse, url: HttpUrl) -> RangeAnswer:
            """Read a part, or a whole of which the part is taken; where the part is behind the end, only the size."""
            if reply.status == 206:
                return await self._part(reply, url, offset, length)
            if reply.status == 200:
                return await self._whole(reply, url)
            total = size_of_unsatisfied(reply.headers) if reply.status == 416 else None
            if total is None or total > offset:
                raise faults.from_range_status(reply.status, reply.headers, url.host)
            return RangeAnswer(body=b"", total_size=total, location=RemoteLocation(url.text), etag=_etag(reply))

        return await self._ask(location, _Wish(headers={"Range": f"bytes={offset}-{offset + length - 1}"}), take)

    @property
    def open_breakers(self) -> int:
        """Hosts that are left alone now, because they failed too often."""
        return self._breakers.open_count

    async def aclose(self) -> None:
        """Close all connections."""
        sessions = list(self._sessions.values())
        self._sessions.clear()
        for session in sessions:
            await session.close()

    async def _part(self, reply: aiohttp.ClientResponse, url: HttpUrl, offset: int, length: int) -> RangeAnswer:
        sent = parse_content_range(reply.headers)
        if sent is None or not covers(sent, offset, length):
            raise faults.wrong_range(url.host)
        body = await read_part(reply, url.host, sent.length)
        return RangeAnswer(body=body, total_size=sent.total, location=RemoteLocation(url.text), etag=_etag(reply))

    async def _whole(self, reply: aiohttp.ClientResponse, url: HttpUrl) -> RangeAnswer:
        body = await read_whole(reply, url.host, self._settings.rangeless_max_mb)
        final = RemoteLocation(url.text)
        return RangeAnswer(body=body, total_size=len(body), location=final, etag=_etag(reply), whole=True)

    async def _ask(self, location: RemoteLocation, wish: _Wish, take: Take[T], timeout_s: float | None = None) -> T:
        """Send a wish, twice where that may help, and give what ``take`` makes of the last answer in time."""
        url = HttpUrl.parse(location.url)
        async with on_time(shown(url.host), timeout_s) as clock:
            return await self._retries.run(location.host, lambda: self._follow(url, wish, take, clock), clock)

    async def _follow(self, url: HttpUrl, wish: _Wish, take: Take[T], clock: Clock) -> T:
        """Send a wish, and again wherever the answer leads."""
        for _ in range(self._settings.redirects_max + 1):
            found = await self._hop(url, wish, take, clock)
            if not isinstance(found, _Hop):
                return found
            if found.status == 303 and wish.body is not None:
                wish = _Wish()
            if wish.body is not None and found.url.host != url.host:
                raise UpstreamUnusable(f"{shown(url.host)} would have the question sent to another host.")
            url = found.url
        raise UpstreamUnusable(
            f"{shown(url.host)} redirects more than {self._settings.redirects_max} times (SWATH_REDIRECTS_MAX)."
        )

    async def _hop(self, url: HttpUrl, wish: _Wish, take: Take[T], clock: Clock) -> T | _Hop:
        """Send one request where the host may be asked; its answer is taken, or leads elsewhere."""
        self._policy.check(url)
        trusted = self._policy.trusts(url)
        with self._breakers.of(url).watching(clock), Asking(url.host, trusted=trusted):
            try:
                target = URL(url.text, encoded=True)
                session = self._session(trusted=trusted)
                asked = session.request(
                    wish.method, target, headers=wish.headers, data=wish.body, allow_redirects=False
                )
                async with asked as reply:
                    return _next_hop(reply, url) if reply.status in _REDIRECTS else await take(reply, url)
            except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
                raise faults.from_exception(error, url.host, self._settings.upstream_timeout_s) from error

    def _session(self, *, trusted: bool) -> aiohttp.ClientSession:
        if trusted not in self._sessions:
            self._sessions[trusted] = guarded_session(
                self._policy, self._settings, trusted=trusted, make_resolver=self._make_resolver
            )
        return self._sessions[trusted]


@dataclass(frozen=True, slots=True)
class _Hop:
    """Where a redirect leads."""

    url: HttpUrl
    status: int


def _taking_document(max_bytes: int, etag: str | None = None) -> Take[Document]:
    async def take(reply: aiohttp.ClientResponse, url: HttpUrl) -> Document:
        """Read a document, unless it is still the one of ``etag``."""
        final = RemoteLocation(url.text)
        if reply.status == 304 and etag:
            return Document(body=b"", etag=etag, location=final, not_modified=True)
        if reply.status != 200:
            raise faults.from_document_status(reply.status, reply.headers, url.host)
        body = await read_document(reply, url.host, max_bytes)
        return Document(body=body, etag=_etag(reply), location=final, media_type=reply.content_type)

    return take


def _next_hop(reply: aiohttp.ClientResponse, url: HttpUrl) -> _Hop:
    target = reply.headers.get("Location")
    if not target:
        raise UpstreamUnusable(f"{shown(url.host)} redirects to nowhere.", upstream_status=reply.status)
    return _Hop(url.join(target.strip()), reply.status)


def _etag(reply: aiohttp.ClientResponse) -> str | None:
    return reply.headers.get("ETag")
