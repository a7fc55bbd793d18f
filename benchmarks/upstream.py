"""A web server with ranges for a folder, in a process of its own: its latency can be set, and it logs requests.

``python -m benchmarks.upstream FOLDER PORT`` runs it; ``Upstream`` is the handle.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks.process import Program, free_port

CONTROL = "/-/"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: times in seconds of the monotonic clock, from its arrival to its answer."""

    method: str
    path: str
    sent: int
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What a server asked for."""

    get: int
    head: int
    mb: float
    round_trips: int
    """Requests that had to wait for one another: the length of the longest chain, without connecting."""


class Upstream:
    """The Range server, seen from the bench."""

    def __init__(self, program: Program) -> None:
        self._base = program.base
        self.host = program.base.removeprefix("http://")

    def url(self, path: str) -> str:
        """Absolute URL of a path that begins with ``/``."""
        return self._base + path

    def set_latency(self, ms: float) -> None:
        """Wait so long before each answer."""
        self._control(f"latency?ms={ms}")

    def take(self) -> list[Asked]:
        """Requests since the last call."""
        return [Asked(**asked) for asked in self._control("log")]

    def _control(self, path: str) -> Any:
        with urlopen(self.url(CONTROL + path), timeout=10) as answer:
            return json.load(answer)


@contextmanager
def upstream(folder: Path) -> Iterator[Upstream]:
    """Serve ``folder`` while inside."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.upstream", str(folder), str(port)]
    with Program("upstream", command, port, f"{CONTROL}log", {}) as program:
        yield Upstream(program)


def traffic(log: list[Asked]) -> Traffic:
    """Count what was asked."""
    return Traffic(
        get=sum(asked.method == "GET" for asked in log),
        head=sum(asked.method == "HEAD" for asked in log),
        mb=sum(asked.sent for asked in log) / 1e6,
        round_trips=round_trips(log),
    )


def round_trips(log: list[Asked]) -> int:
    """Most requests of which none began before the one before had ended (the earliest end first finds them)."""
    count, free_at = 0, float("-inf")
    for asked in sorted(log, key=lambda asked: asked.end):
        if asked.start >= free_at:
            count, free_at = count + 1, asked.end
    return count


def _answer(path: Path, asked: str) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers for one ``Range`` header; suffixes (``bytes=-100``) and lists are not known."""
    if ".." in path.parts or not path.is_file():
        return 404, b"", {}
    with path.open("rb") as file:
        stat = os.fstat(file.fileno())
        headers = {"ETag": f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"', "Accept-Ranges": "bytes"}
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", asked)
        if match is None:
            return 200, file.read(), headers
        first, last = int(match[1]), min(int(match[2] or stat.st_size), stat.st_size - 1)
        if first > last:
            return 416, b"", {"Content-Range": f"bytes */{stat.st_size}"}
        file.seek(first)
        return 206, file.read(last + 1 - first), {**headers, "Content-Range": f"bytes {first}-{last}/{stat.st_size}"}


def main(folder: Path, port: int) -> None:
    """Serve until terminated."""
    import uvloop  # noqa: PLC0415 -- only this process needs them
    from aiohttp import web  # noqa: PLC0415

    log: list[dict[str, Any]] = []
    latency_s = 0.0

    async def set_latency(request: web.Request) -> web.Response:
        nonlocal latency_s
        latency_s = float(request.query["ms"]) / 1000
        return web.json_response({})

    async def take_log(_: web.Request) -> web.Response:
        taken, log[:] = list(log), []
        return web.json_response(taken)

    async def serve(request: web.Request) -> web.StreamResponse:
        start = time.monotonic()
        await asyncio.sleep(latency_s)
        status, body, headers = _answer(folder / request.path.lstrip("/"), request.headers.get("Range", ""))
        sent = 0 if request.method == "HEAD" else len(body)
        end = time.monotonic()
        log.append({"method": request.method, "path": request.path, "sent": sent, "start": start, "end": end})
        return web.Response(status=status, body=body, headers=headers)

    app = web.Application()
    app.router.add_get(f"{CONTROL}latency", set_latency)
    app.router.add_get(f"{CONTROL}log", take_log)
    app.router.add_get("/{path:.*}", serve)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None, loop=uvloop.new_event_loop())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
