"""How do bytes come from another host? Through this client only: judged, counted, on time, with typed errors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from app.errors import UpstreamUnusable
from app.model.location import RemoteLocation
from app.net import faults
from app.net.answers import Document, RangeAnswer
from app.net.body import read_document, read_part, read_whole
from app.net.budget import current_budget
from app.net.clock import on_time
from app.net.guard import MakeResolver, guarded_session
from app.net.policy import SourcePolicy, shown
from app.net.ranges import covers, parse_content_range, size_of_unsatisfied
from app.net.url import HttpUrl
from app.settings import Settings

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


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
        self, policy: SourcePolicy, settings: Settings, *, make_resolver: MakeResolver = aiohttp.ThreadedResolver
    ) -> None:
        self._policy = policy
        self._settings = settings
        self._make_resolver = make_resolver
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

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
        headers = {"If-None-Match": etag} if etag else {}
        async with self._reply(location, headers, timeout_s) as (reply, url):
            final = RemoteLocation(url.text)
            if reply.status == 304 and etag:
                return Document(body=b"", etag=etag, location=final, not_modified=True)
            if reply.status != 200:
                raise faults.from_document_status(reply.status, reply.headers, url.host)
            body = await read_document(reply, url.host, max_bytes)
            return Document(body=body, etag=_etag(reply), location=final, media_type=reply.content_type)

    async def get_range(self, location: RemoteLocation, offset: int, length: int) -> RangeAnswer:
        """Read ``length`` bytes from ``offset``; fewer where the file ends, none behind its end.

        Raises:
            SwathError: As ``get_document``, but a missing file is ``UpstreamUnusable``.
        """
        if (budget := current_budget()) is not None:
            budget.check(length)
        headers = {"Range": f"bytes={offset}-{offset + length - 1}"}
        async with self._reply(location, headers, None) as (reply, url):
            if reply.status == 206:
                return await self._part(reply, url, offset, length)
            if reply.status == 200:
                return await self._whole(reply, url)
            total = size_of_unsatisfied(reply.headers) if reply.status == 416 else None
            if total is None or total > offset:
                raise faults.from_range_status(reply.status, reply.headers, url.host)
            return RangeAnswer(body=b"", total_size=total, location=RemoteLocation(url.text), etag=_etag(reply))

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

    @asynccontextmanager
    async def _reply(
        self, location: RemoteLocation, headers: Mapping[str, str], timeout_s: float | None
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, HttpUrl]]:
        """Send a GET and give the last answer with its URL; clock and exceptions are minded until its body is read."""
        url = HttpUrl.parse(location.url)
        async with on_time(shown(url.host), timeout_s):
            for _ in range(self._settings.redirects_max + 1):
                async with self._hop(url, headers) as reply:
                    if reply.status not in _REDIRECTS:
                        yield reply, url
                        return
                    url = _next_hop(reply, url)
        raise UpstreamUnusable(
            f"{shown(url.host)} redirects more than {self._settings.redirects_max} times (SWATH_REDIRECTS_MAX)."
        )

    @asynccontextmanager
    async def _hop(self, url: HttpUrl, headers: Mapping[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        self._policy.check(url)
        session = self._session(trusted=self._policy.trusts(url))
        try:
            target = URL(url.text, encoded=True)
            async with session.get(target, headers=headers, allow_redirects=False) as reply:
                yield reply
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            raise faults.from_exception(error, url.host, self._settings.upstream_timeout_s) from error

    def _session(self, *, trusted: bool) -> aiohttp.ClientSession:
        if trusted not in self._sessions:
            self._sessions[trusted] = guarded_session(
                self._policy, self._settings, trusted=trusted, make_resolver=self._make_resolver
            )
        return self._sessions[trusted]


def _next_hop(reply: aiohttp.ClientResponse, url: HttpUrl) -> HttpUrl:
    target = reply.headers.get("Location")
    if not target:
        raise UpstreamUnusable(f"{shown(url.host)} redirects to nowhere.", upstream_status=reply.status)
    return url.join(target.strip())


def _etag(reply: aiohttp.ClientResponse) -> str | None:
    return reply.headers.get("ETag")
