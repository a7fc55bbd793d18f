"""A closed loop of clients: each sends its next request when the last answer is there, on a connection that stays open.

A dozen lines of HTTP instead of a library: the client shares the cores with the server, so it must cost little.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import NoReturn

from benchmarks.place import BenchError

TIMEOUT_S = 60


@dataclass(slots=True)
class Load:
    """What a run of requests showed: the wall time of each in ms, and of all together in seconds."""

    wall_ms: list[float] = field(default_factory=list)
    seconds: float = 0

    @property
    def per_second(self) -> float:
        """Requests answered per second."""
        return len(self.wall_ms) / self.seconds


def load(base: str, paths: Sequence[str], *, clients: int = 1, seconds: float | None = None) -> Load:
    """Ask for every path once, or for ``seconds`` over and over; any answer but 200 ends the run."""
    return asyncio.run(_load(base, paths, clients, seconds))


def ask(base: str, path: str) -> bytes:
    """One answer's body."""

    async def once() -> bytes:
        host, port = _address(base)
        client = Client(*await asyncio.open_connection(host, port), host)
        try:
            return await client.get(path)
        finally:
            client.close()

    return asyncio.run(once())


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer, self._host = reader, writer, host

    async def get(self, path: str) -> bytes:
        """Ask, and read the whole answer."""
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
        try:
            async with asyncio.timeout(TIMEOUT_S):
                head, body = await self._read(path)
        except (OSError, EOFError) as err:  # TimeoutError is an OSError
            raise BenchError(f"GET {path} had no answer ({type(err).__name__}); one may take {TIMEOUT_S} s") from err
        if head[9:12] != b"200":
            _refuse(path, head + body)
        return body

    async def _read(self, path: str) -> tuple[bytes, bytes]:
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        if length is None:
            _refuse(path, head)
        return head, await self._reader.readexactly(int(length[1]))

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


async def _load(base: str, paths: Sequence[str], clients: int, seconds: float | None) -> Load:
    host, port = _address(base)
    connections = [Client(*await asyncio.open_connection(host, port), host) for _ in range(clients)]
    result, todo = Load(), iter(paths) if seconds is None else cycle(paths)
    started = time.perf_counter()
    end = started + seconds if seconds is not None else float("inf")
    try:
        await asyncio.gather(*(_work(client, todo, end, result) for client in connections))
    finally:
        for client in connections:
            client.close()
    result.seconds = time.perf_counter() - started
    return result


async def _work(client: Client, todo: Iterator[str], end: float, result: Load) -> None:
    for path in todo:
        started = time.perf_counter()
        if started > end:
            return
        await client.get(path)
        result.wall_ms.append(1000 * (time.perf_counter() - started))


def _address(base: str) -> tuple[str, int]:
    host, _, port = base.removeprefix("http://").partition(":")
    return host, int(port)


def _refuse(path: str, answer: bytes) -> NoReturn:
    raise BenchError(f"GET {path} was answered with\n{answer[:600].decode(errors='replace')}")
