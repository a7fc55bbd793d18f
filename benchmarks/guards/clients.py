"""Clients that take any answer, and light enough to share the cores with the server: one process, one event loop."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")
PAUSE_S = 0.02


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status 0 when nothing did, then ``why`` names the exception."""

    status: int
    started: float
    seconds: float
    head: str = ""
    body: bytes = b""
    why: str = ""

    @property
    def retry_after_s(self) -> float:
        """The pause that the server asks for."""
        found = re.search(r"\r\nretry-after: *(\d+)", self.head, re.IGNORECASE)
        return float(found[1]) if found else 0.0

    def __str__(self) -> str:
        return str(self.status or self.why)


class Caller:
    """One client: a connection that stays open, and is opened again when it was closed."""

    def __init__(self, base: str, timeout_s: float = 60) -> None:
        self._host, _, port = base.removeprefix("http://").partition(":")
        self._port = int(port)
        self._timeout_s = timeout_s
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> Answer:
        """Ask, and read the whole answer."""
        started, reused = time.monotonic(), self._streams is not None
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._get(path, started)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self.leave()
            if reused and isinstance(error, (EOFError, ConnectionError)):  # closed while idle, as servers may
                return await self.get(path)
            return Answer(0, started, time.monotonic() - started, why=type(error).__name__)
        return answer

    def leave(self) -> None:
        """Break the connection off."""
        if self._streams:
            self._streams[1].transport.abort()
        self._streams = None

    async def _get(self, path: str, started: float) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=1 << 20)
        reader, writer = self._streams
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = re.search(r"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1])) if length else b""
        if length is None or re.search(r"\r\nconnection: *close", head, re.IGNORECASE):
            self.leave()
        return Answer(int(head[9:12]), started, time.monotonic() - started, head, body)


async def ask(base: str, path: str, timeout_s: float = 60) -> Answer:
    """Ask once, on a connection of its own."""
    caller = Caller(base, timeout_s)
    try:
        return await caller.get(path)
    finally:
        caller.leave()


async def ask_for(base: str, make_path: Callable[[], str], seconds: float, *, rude: bool = False) -> list[Answer]:
    """One client of a closed loop for so long: asks again when it is answered, after the pause it was asked for.

    Args:
        rude: Ask again at once.
    """
    caller, answers, end = Caller(base), [], time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            answers.append(answer := await caller.get(make_path()))
            pause_s = PAUSE_S if answer.status == 0 else 0.0 if rude else answer.retry_after_s
            if time.monotonic() + pause_s >= end:  # not slept until then: a timer may come a moment early
                break
            await asyncio.sleep(pause_s)
    finally:
        caller.leave()
    return answers


async def crowd(
    base: str, make_path: Callable[[], str], clients: int, seconds: float, *, rude: bool = False
) -> list[Answer]:
    """So many clients of a closed loop."""
    loops = [ask_for(base, make_path, seconds, rude=rude) for _ in range(clients)]
    return [answer for answers in await asyncio.gather(*loops) for answer in answers]


async def until(holds: Callable[[], bool], limit_s: float) -> float:
    """Seconds until something holds, or the limit."""
    started = time.monotonic()
    while not holds() and time.monotonic() - started < limit_s:  # noqa: ASYNC110 -- other processes set no event
        await asyncio.sleep(0.05)
    return time.monotonic() - started


def run(story: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(story)


@dataclass(slots=True)
class Probes:
    """Times of ``/livez`` in seconds, each on a connection of its own, so that every worker answers some."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def worst_ms(self) -> float:
        """The longest; without an answer, for ever."""
        return float("inf") if self.failed or not self.seconds else 1000 * max(self.seconds)


@contextmanager
def probing(base: str) -> Iterator[Probes]:
    """Ask ``/livez`` all the time while inside, in a thread."""
    probes, over = Probes(), threading.Event()

    def probe() -> None:
        host = base.removeprefix("http://")
        while not over.wait(PAUSE_S):
            connection, started = HTTPConnection(host, timeout=10), time.monotonic()
            try:
                connection.request("GET", "/livez")
                if connection.getresponse().status != 200:
                    probes.failed += 1
                probes.seconds.append(time.monotonic() - started)
            except (OSError, HTTPException):
                probes.failed += 1
            finally:
                with suppress(OSError):
                    connection.close()

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    try:
        yield probes
    finally:
        over.set()
        thread.join(15)
