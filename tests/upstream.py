"""A real web server on loopback that serves a folder with ranges, remembers every request, and misbehaves on demand.

    with upstream(tmp_path) as server:
        server.fault("/B04.tif", status=503, times=1)      # once, then well again
        server.fault("/item.json", drip_s=0.05)            # a byte every 50 ms
        server.fault("/~slow*", delay_s=2)                 # every path of this pattern
        server.reply("/search", lambda asked: b"{}")       # a function answers, by GET and POST
        ... settings with allow_hosts=(server.host,) ...
        assert server.ranges("/B04.tif") == ["bytes=0-32767"]

A first part of the path that begins with ``~`` is left out when the file is looked for: ``/~7/item.json`` and all that
it links to is another item of the same bytes.

It runs in a thread with an event loop of its own, so that both async and blocking tests can use it, or as a process
(``tests.upstream_process``).
"""

from __future__ import annotations

import asyncio
import mmap
import re
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from aiohttp import web

Content = bytes | mmap.mmap
FOR_EVER_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """How one path misbehaves."""

    status: int | None = None
    """Answer this, without a body of the file."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Set or replace these; also on good answers (another ``ETag``)."""
    body: bytes | None = None
    """Send this instead of the file."""
    file: str | None = None
    """Send this file of the folder instead."""
    redirect: str | None = None
    """Send the client there (302, or ``status``)."""
    delay_s: float = 0
    """Wait before the first byte."""
    drip_s: float = 0
    """Wait after each byte of the body."""
    hang_at: int | None = None
    """Send nothing more after so many bytes of the body; 0 is right after the headers."""
    cut_at: int | None = None
    """Break the connection after so many bytes of the body; -1 is before the headers."""
    hang_after: int | None = None
    """Answer nothing that lies behind so many bytes of the file."""
    endless: bool = False
    """Never stop sending, with no announced length."""
    ignore_range: bool = False
    """Answer 200 with the whole file."""
    wrong_range: bool = False
    """Answer with the range that begins one byte later."""
    times: int | None = None
    """How often; None is always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that arrived."""

    path: str
    range: str | None
    port: int
    """Of the client: one per connection."""
    headers: Mapping[str, str]
    at: float
    """Seconds of the monotonic clock."""
    method: str = "GET"
    query: str = ""
    body: str = ""


Reply = Callable[[Asked], bytes | None]


class Upstream:
    """The handle that tests hold."""

    def __init__(self, folder: Path, address: str = "127.0.0.1") -> None:
        self.folder = folder
        self.address = address
        self.port = 0
        self.log: list[Asked] = []
        self.closed_early = 0
        """Answers that the client did not wait for."""
        self.waiting = 0
        """Requests that are being held back now."""
        self.unanswered: Counter[str] = Counter()
        """Requests that wait for the end of their answer now, by path."""
        self.most_at_once: Counter[str] = Counter()
        """The most of them at any moment, by path; all paths together are ``""``."""
        self.runner: web.AppRunner | None = None
        self._faults: dict[str, Fault] = {}
        self._replies: dict[str, Reply] = {}

    @property
    def connections(self) -> int:
        """Connections that are open now, idle ones too."""
        server = self.runner.server if self.runner else None
        return len(server.connections) if server else 0

    @property
    def host(self) -> str:
        """``127.0.0.1:port``, as ``SWATH_ALLOW_HOSTS`` takes it."""
        return f"{self.address}:{self.port}"

    def url(self, path: str) -> str:
        """Absolute URL of a path that begins with ``/``."""
        return f"http://{self.host}{path}"

    def fault(self, path: str, **how: Any) -> None:
        """Make a path, or all paths of a pattern, misbehave from now on; without options it is well again."""
        self._faults[path] = Fault(**how)

    def reply(self, path: str, reply: Reply) -> None:
        """Let a function answer a path, by GET and POST; faults of the path go before it."""
        self._replies[path] = reply

    def replied(self, asked: Asked) -> bytes | None:
        """What the function of a path says, or None."""
        reply = self._replies.get(asked.path)
        return reply(asked) if reply else None

    def count(self, path: str | None = None) -> int:
        """Requests for a path, or all."""
        return sum(path in (None, asked.path) for asked in self.log)

    def ranges(self, path: str) -> list[str | None]:
        """``Range`` headers of the requests for a path, in order."""
        return [asked.range for asked in self.log if asked.path == path]

    def take(self, path: str) -> Fault:
        """Use up one application of a path's fault; its own goes before that of a pattern."""
        key = path if path in self._faults else next((key for key in self._faults if fnmatch(path, key)), path)
        fault = self._faults.get(key, Fault())
        if fault.times is None:
            return fault
        left = fault.times - 1
        self._faults[key] = replace(fault, times=left) if left > 0 else Fault()
        return fault

    @contextmanager
    def answering(self, path: str) -> Iterator[None]:
        """Count a request while it is answered."""
        self.unanswered[path] += 1
        for key, count in ((path, self.unanswered[path]), ("", self.unanswered.total())):
            self.most_at_once[key] = max(self.most_at_once[key], count)
        try:
            yield
        finally:
            self.unanswered[path] -= 1


@contextmanager
def upstream(folder: Path, address: str = "127.0.0.1") -> Iterator[Upstream]:
    """Serve ``folder`` while inside, at an address of the loopback: another one is another host."""
    server, loop, started = Upstream(folder, address), asyncio.new_event_loop(), threading.Event()
    app = web.Application()
    app.add_routes(routes(server))
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(_start(runner, server))
        started.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _start(runner: web.AppRunner, server: Upstream) -> None:
    server.runner = runner
    await runner.setup()
    site = web.TCPSite(runner, server.address, 0)
    await site.start()
    server.port = runner.addresses[0][1]


def routes(server: Upstream) -> list[web.RouteDef]:
    """What answers, and keeps the books of ``server``."""

    async def answer(request: web.Request) -> web.StreamResponse:
        transport, path = request.transport, request.path
        if transport is None:  # gone before it was looked at
            raise ConnectionResetError
        headers = dict(request.headers)
        _, port = transport.get_extra_info("peername")
        asked = Asked(
            path=path,
            range=headers.get("Range"),
            port=port,
            headers=headers,
            at=time.monotonic(),
            method=request.method,
            query=request.query_string,
            body=(await request.read()).decode("utf-8", "replace"),
        )
        server.log.append(asked)
        try:
            with server.answering(path):
                fault = server.take(path)
                if fault.hang_after is not None and _end(request) > fault.hang_after:
                    server.waiting += 1
                    await asyncio.Event().wait()
                is_free = (fault.status, fault.body, fault.redirect, fault.file) == (None,) * 4
                if is_free and (replied := server.replied(asked)) is not None:
                    fault = replace(fault, body=replied)
                elif is_free and request.method == "POST":
                    fault = Fault(status=405)
                return await _answer(request, server.folder, fault)
        except (asyncio.CancelledError, ConnectionError):
            server.closed_early += 1
            raise

    return [web.get("/{path:.*}", answer), web.post("/{path:.*}", answer)]


def _end(request: web.Request) -> int:
    return int(request.headers.get("Range", "0").rpartition("-")[2]) + 1


async def _answer(request: web.Request, folder: Path, fault: Fault) -> web.StreamResponse:
    await asyncio.sleep(fault.delay_s)
    if fault.cut_at == -1 and request.transport is not None:
        request.transport.close()
    if fault.redirect is not None:
        return web.Response(status=fault.status or 302, headers={"Location": fault.redirect})
    if fault.status is not None:
        return web.Response(status=fault.status, headers=fault.headers, body=fault.body)
    found = _content(folder, fault.file or _without_alias(request.path), fault)
    if found is None:
        return web.Response(status=404)
    whole, tag = found
    status, body, headers = _pick(request, whole, fault)
    headers = {"ETag": tag, **headers, **fault.headers}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers={"ETag": headers["ETag"]})
    return await _send(request, web.StreamResponse(status=status, headers=headers), body, fault)


def _without_alias(path: str) -> str:
    return re.sub(r"^/~[^/]+", "", path)


def _content(folder: Path, name: str, fault: Fault) -> tuple[Content, str] | None:
    if fault.body is not None:
        return fault.body, _tag(fault.body)
    path = folder / name.lstrip("/")
    return _file(path, path.stat().st_mtime_ns) if path.is_file() else None


@lru_cache(maxsize=8)
def _file(path: Path, _mtime_ns: int) -> tuple[Content, str]:
    """A file and its tag: large ones are not read again for each range."""
    if not path.stat().st_size:
        return b"", _tag(b"")
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return content, _tag(content)


def _tag(content: Content) -> str:
    return f'"{zlib.crc32(content):x}"'


def _pick(request: web.Request, whole: Content, fault: Fault) -> tuple[int, bytes, dict[str, str]]:
    match = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
    if match is None or fault.ignore_range:
        return 200, whole[:], {}
    first, last = int(match[1]) + fault.wrong_range, min(int(match[2]), len(whole) - 1)
    if first >= len(whole):
        return 416, b"", {"Content-Range": f"bytes */{len(whole)}"}
    return 206, whole[first : last + 1], {"Content-Range": f"bytes {first}-{last}/{len(whole)}"}


async def _send(request: web.Request, response: web.StreamResponse, body: bytes, fault: Fault) -> web.StreamResponse:
    if not fault.endless:
        response.content_length = len(body)
    await response.prepare(request)
    while fault.endless:
        await response.write(bytes(1 << 16))
    for start, end in pairwise(_stops(len(body), fault)):
        await response.write(body[start:end])
        await asyncio.sleep(fault.drip_s)
    if fault.hang_at is not None and fault.hang_at < len(body):
        await asyncio.sleep(FOR_EVER_S)
    if fault.cut_at is not None and request.transport is not None:
        request.transport.close()
    return response


def _stops(length: int, fault: Fault) -> list[int]:
    """Where in a body the server pauses, its first and last byte included."""
    ends = [length, *(end for end in (fault.cut_at, fault.hang_at) if end is not None)]
    return [*range(0, min(ends), 1 if fault.drip_s else 1 << 16), max(min(ends), 0)]
