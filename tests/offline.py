"""No name is looked up on the network: real items point at hosts all over the internet."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import pytest


@contextmanager
def offline() -> Iterator[list[str]]:
    """Fail every name look-up of servers in this process at once while inside; gives the names that were asked for."""
    asked: list[str] = []

    async def refuse(
        self: object, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[object]:
        asked.append(host)
        raise OSError(f"{host} is not looked up in tests")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aiohttp.ThreadedResolver, "resolve", refuse)
        yield asked
