"""Clients that take any answer, and light enough to share the cores with the server: one process, one event loop."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")
PAUSE_S = 0.02
ARRIVAL_S = 1.0
"""Nobody's clients come within the same millisecond, and ours would wait for each other then."""


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
    """So many clients of a closed loop, who arrive one by one within ``ARRIVAL_S``."""

    async def client(number: int) -> list[Answer]:
        delay_s = ARRIVAL_S * number / clients
        await asyncio.sleep(delay_s)
        return await ask_for(base, make_path, seconds - delay_s, rude=rude)

    return [answer for answers in await asyncio.gather(*map(client, range(clients))) for answer in answers]


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
