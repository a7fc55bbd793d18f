"""Is the address that is really connected an allowed one? Judged when a name is resolved, and for every socket made.

A URL with a numeric host skips the resolver, and a resolver could answer differently a second time (rebinding); the
socket factory sees the address of the connection itself.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from app import __version__
from app.net.address import Address
from app.net.names import SystemResolver
from app.net.policy import SourcePolicy
from app.settings import Settings

Judge = Callable[[Address], bool]
MakeResolver = Callable[[], AbstractResolver]

CONNECTIONS_MAX = 2048
"""Hosts that do not answer hold theirs until the deadline; others must find some left."""
CONNECTIONS_PER_HOST = 16
NAMES_TTL_S = 60
IDLE_MAX_S = 15.0
IDLE_SHARE = 0.9
"""How long a connection waits for its next use, of the silence that a source may keep. aiohttp's clock of silence can
run on meanwhile (when the end of a body came just as reading had stopped), and would fail whoever uses it next."""


class AddressRefused(OSError):
    """The policy refuses to connect; an ``OSError`` so that the HTTP library carries it up like a failed connection."""


class JudgingResolver(AbstractResolver):
    """Resolves a name once, and refuses it when *any* of its addresses is refused."""

    def __init__(self, inner: AbstractResolver, judge: Judge, timeout_s: float) -> None:
        self._inner = inner
        self._judge = judge
        self._timeout_s = timeout_s

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Resolve ``host``; raises ``AddressRefused``, ``TimeoutError`` or the ``OSError`` of the lookup."""
        async with asyncio.timeout(self._timeout_s):
            found = await self._inner.resolve(host, port, family)
        if not all(self._judge(_address(result["host"])) for result in found):
            raise AddressRefused("address refused by policy")
        return found

    async def close(self) -> None:
        """Close the resolver inside."""
        await self._inner.close()


def judging_sockets(judge: Judge) -> Callable[[Any], socket.socket]:
    """Make the socket factory of a connector: an address info becomes a socket, or raises ``AddressRefused``."""

    def make(info: Any) -> socket.socket:
        family, kind, proto, _, sockaddr = info
        if not judge(_address(sockaddr[0])):
            raise AddressRefused("address refused by policy")
        return socket.socket(family, kind, proto)

    return make


def guarded_session(
    policy: SourcePolicy, settings: Settings, *, trusted: bool, make_resolver: MakeResolver = SystemResolver
) -> aiohttp.ClientSession:
    """Make the session for hosts that the operator named (``trusted``), or for all others; needs a running loop."""

    def judge(address: Address) -> bool:
        return policy.opens(address, trusted=trusted)

    silence_s = settings.upstream_timeout_s
    connector = aiohttp.TCPConnector(
        resolver=JudgingResolver(make_resolver(), judge, silence_s),
        socket_factory=judging_sockets(judge),
        limit=CONNECTIONS_MAX,
        limit_per_host=CONNECTIONS_PER_HOST,
        ttl_dns_cache=NAMES_TTL_S,
        keepalive_timeout=min(IDLE_MAX_S, IDLE_SHARE * silence_s),
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"swath/{__version__}", "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=silence_s, sock_read=silence_s),
        auto_decompress=False,
        trust_env=False,
        read_bufsize=1 << 18,
    )


def _address(text: str) -> Address:
    """Read an address as the socket layer writes it; a zone (``fe80::1%eth0``) stays with its address."""
    return ip_address(text.partition("%")[0])
