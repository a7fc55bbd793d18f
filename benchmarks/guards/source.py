"""The upstream that misbehaves on demand (``tests.upstream``), in a process of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.process import Program, free_port

HOSTS = 62
"""Addresses it listens on, from 127.0.0.1: to a client they are different hosts."""
HONEST = 61
"""Number of the host that is never made to misbehave as a whole."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that arrived, at a time in seconds of the monotonic clock."""

    path: str
    range: str | None
    port: int
    headers: dict[str, str]
    at: float
    method: str
    query: str
    body: str


class Source:
    """The upstream, seen from the bench."""

    def __init__(self, port: int) -> None:
        self.port = port

    @property
    def hosts(self) -> str:
        """All of its hosts, as ``SWATH_ALLOW_HOSTS`` takes them."""
        return ",".join(f"127.0.0.{number}:{self.port}" for number in range(1, HOSTS + 1))

    def url(self, path: str, host: int = 1) -> str:
        """Absolute URL of a path that begins with ``/``."""
        return f"http://127.0.0.{host}:{self.port}{path}"

    def fault(self, path: str, **how: Any) -> None:
        """Make the paths of a pattern misbehave; see ``tests.upstream.Fault``."""
        self._control("fault", {"path": path, "how": how})

    def take(self) -> list[Asked]:
        """Requests since the last call."""
        return [Asked(**asked) for asked in self._control("log")]

    def unanswered(self) -> int:
        """Requests whose answer has not ended, on connections that are open."""
        return sum(self._control("state")["unanswered"].values())

    def _control(self, name: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.url(f"/-/{name}", HOSTS), data), timeout=30) as answer:
            return json.load(answer)


@contextmanager
def source(folder: Path) -> Iterator[Source]:
    """Serve ``folder`` while inside."""
    port = free_port()
    command = [sys.executable, "-m", "tests.upstream_process", str(folder), str(port), "--addresses", str(HOSTS)]
    with Program("guards-upstream", command, port, "/-/state", {}):
        yield Source(port)
