"""No name is looked up on the network: real items point at hosts all over the internet."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiohttp.abc import ResolveResult

from app.net.names import SystemResolver


@contextmanager
def offline() -> Iterator[list[str]]:
    """Fail every name look-up but ``localhost`` of servers in this process while inside; gives the names asked for."""
    asked: list[str] = []
    look_up = SystemResolver.resolve

    async def refuse(
        self: SystemResolver, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        asked.append(host)
        if host == "localhost":
            return await look_up(self, host, port, family)
        raise OSError(f"{host} is not looked up in tests")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SystemResolver, "resolve", refuse)
        yield asked
