"""Sixty upstreams that hang or drip: an honest tile, the probe, and what is left when their callers give up."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from benchmarks.guards.clients import Answer, Caller, ask, probing, run, until
from benchmarks.guards.row import Row
from benchmarks.guards.server import Server, serving
from benchmarks.guards.stage import Stage

HUNG = 60
TILE_S, LIVEZ_MS, CLOSED_S = 1, 100, 2
WATCHED_S = 2.0
"""They leave long before the server gives the upstreams up itself, after 5 s of silence."""
KINDS: dict[str, tuple[dict[str, Any], bool]] = {
    "hosts that hang": ({"delay_s": 3600}, True),
    "hosts that hang after the headers": ({"hang_at": 0}, True),
    "hosts that drip": ({"drip_s": 0.3}, True),
    "items of one host that hangs": ({"delay_s": 3600}, False),
}
"""By name: the fault, and whether each has a host of its own."""


def measure(stage: Stage) -> list[Row]:
    """A row for each way to be slow."""
    rows = []
    for number, (name, (how, many)) in enumerate(KINDS.items()):
        stage.source.fault(f"/~hung{number}-*", **how)
        hosts = [host + 1 if many else 1 for host in range(HUNG)]
        with serving(stage.source.hosts) as server:
            rows.append(run(_watch(stage, server, name, [stage.cold_tile(f"hung{number}", host) for host in hosts])))
    return rows


async def _watch(stage: Stage, server: Server, name: str, paths: list[str]) -> Row:
    callers = [Caller(server.base) for _ in paths]
    waiting = [asyncio.create_task(caller.get(path)) for caller, path in zip(callers, paths, strict=True)]
    await asyncio.sleep(0.5)
    held = stage.source.unanswered()
    with probing(server.base) as probes:
        tiles = await _honest(stage, server)
    still = sum(not task.done() for task in waiting)
    for caller, task in zip(callers, waiting, strict=True):
        task.cancel()
        caller.leave()
    closed_s = await until(lambda: not stage.source.unanswered(), 20)
    slowest = max(tile.seconds for tile in tiles)
    good = all(tile.status == 200 for tile in tiles)
    return Row(
        demand=f"60 {name}: honest tile, /livez, upstream closed after the clients left",
        demanded=f"<= {TILE_S} s, <= {LIVEZ_MS} ms, <= {CLOSED_S} s",
        seen=f"{slowest:.2f} s{'' if good else ' NOT ALL 200'}, {probes.worst_ms:.0f} ms, {closed_s:.2f} s",
        held=good and slowest <= TILE_S and probes.worst_ms <= LIVEZ_MS and closed_s <= CLOSED_S,
        details=(f"{held} requests upstream, {still} clients still waiting at the end, {len(tiles)} honest tiles",),
    )


async def _honest(stage: Stage, server: Server) -> list[Answer]:
    """Tiles of new items, one after the other."""
    tiles, end = [], time.monotonic() + WATCHED_S
    while time.monotonic() < end:
        tiles.append(await ask(server.base, stage.cold_tile()))
        await asyncio.sleep(0.1)
    return tiles
