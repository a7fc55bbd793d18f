"""Clients that send or read so slowly that they only hold a connection."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import quote

from benchmarks.guards.clients import ask, run, until
from benchmarks.guards.row import Row
from benchmarks.guards.server import Server, serving
from benchmarks.guards.stage import BOUNDS, Stage

EACH = 30
CLOSED_S, WATCHED_S, TILE_S = 12, 20, 1
BEGINNINGS = {
    "silent": b"",
    "half a request line": b"GET /livez?",
    "headers without an end": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ",
    "a body that does not come": b"POST /v0/search HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
}
"""What they send before they drip a byte each second (the silent ones nothing)."""
BUFFER = 4096
"""Bytes a non-reader's kernel takes in before it lets the server wait."""
PIPELINED = 4
ACCEPTED_S = 2


def measure(stage: Stage) -> Iterator[Row]:
    """A row for each way."""
    with serving(stage.source.hosts, SAMPLE="0") as server:
        for name, beginning in BEGINNINGS.items():
            slow = [_connect(server, beginning) for _ in range(EACH)]
            yield run(_watch(stage, server, f"{EACH} slow senders ({name})", slow, drips=bool(beginning)))
        path = f"/stac/bbox/{BOUNDS}/2048x2000.npy?url={quote(stage.item(), safe='')}&assets=B04,B03"
        run(ask(server.base, path))
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * PIPELINED
        slow = [_connect(server, request, BUFFER) for _ in range(EACH)]
        yield run(_watch(stage, server, f"{EACH} clients that do not read 64 MB", slow, drips=False))


def _connect(server: Server, beginning: bytes, receive: int | None = None) -> socket.socket:
    client = socket.socket()
    if receive:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    client.settimeout(5)
    client.connect(("127.0.0.1", server.port))
    client.sendall(beginning)
    return client


async def _watch(stage: Stage, server: Server, name: str, slow: list[socket.socket], *, drips: bool) -> Row:
    """Drip, and ask for honest tiles, until the server has closed all of them."""
    ports = {client.getsockname()[1] for client in slow}
    await until(lambda: len(server.holds(ports)) == len(ports), ACCEPTED_S)
    started, closed_s, tiles = time.monotonic(), float("inf"), []
    while time.monotonic() - started < WATCHED_S:
        if not server.holds(ports):
            closed_s = time.monotonic() - started
            break
        tiles.append(await ask(server.base, stage.cold_tile()))
        if drips:
            _drip(slow)
        await asyncio.sleep(0.5)
    open_still = len(server.holds(ports))
    for client in slow:
        client.close()
    slowest, good = max(tile.seconds for tile in tiles), all(tile.status == 200 for tile in tiles)
    told = f"{closed_s:.1f} s" if not open_still else f"{open_still} open after {WATCHED_S} s"
    return Row(
        demand=f"{name}: closed; honest tiles meanwhile",
        demanded=f"<= {CLOSED_S} s; <= {TILE_S} s",
        seen=f"{told}; {slowest:.2f} s{'' if good else ', NOT ALL 200'}",
        held=closed_s <= CLOSED_S and good and slowest <= TILE_S,
    )


def _drip(slow: list[socket.socket]) -> None:
    for client in slow:
        with suppress(OSError):
            client.send(b"x")
