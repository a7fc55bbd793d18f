"""How is a name looked up without holding up other work? In threads of its own, by the system's resolver.

The event loop's own way has few threads that others need too (uvloop's are four): some slow names would stop all.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

LOOKUPS = 32
"""At the same time."""
_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class SystemResolver(AbstractResolver):
    """Asks the system (``getaddrinfo``), which knows ``/etc/hosts`` and the operator's search domains."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Look up the addresses of ``host``; raises ``OSError``."""
        found = await asyncio.get_running_loop().run_in_executor(self._pool, _look_up, host, port, family)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=proto, flags=_NUMERIC)
            for kind, proto, address in found
        ]

    async def close(self) -> None:
        """Drop lookups that have not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: int) -> list[tuple[int, int, str]]:
    """Family, protocol and address of each place where the host may be."""
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
    return [(kind, proto, str(place[0])) for kind, _, proto, _, place in found]
