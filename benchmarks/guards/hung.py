"""Sixty upstreams that hang or drip: an honest tile, the probe, and what is left when their callers give up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.guards.clients import Answer, Caller, ask, run, until
from benchmarks.guards.probes import probing
from benchmarks.guards.row import Row
from benchmarks.guards.server import Server, serving
from benchmarks.guards.stage import Stage

HUNG = 60
TILE_S, LIVEZ_MS, CLOSED_S = 1, 100, 2
WATCHED_S = 2.0
"""They leave long before the server gives the upstreams up itself, after 5 s of silence."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to be slow.

    Attributes:
        how: The fault.
        files: Pattern of the files that have it.
        item: ``strips.json`` is read by GDAL.
        hosts: How many hosts there are.
    """

    name: str
    how: dict[str, Any]
    files: str = ""
    item: str = "item.json"
    hosts: int = HUNG


KINDS = (
    Kind("hosts that hang", {"delay_s": 3600}),
    Kind("hosts that hang after the headers", {"hang_at": 0}),
    Kind("hosts that drip", {"drip_s": 0.3}),
    Kind("items of one host that hangs", {"delay_s": 3600}, hosts=1),
    Kind("files that hang in their data", {"hang_after": 40_000}, ".tif"),
    Kind("files that hang in their data, read by GDAL", {"hang_after": 40_000}, ".tif", "strips.json"),
)


def measure(stage: Stage) -> Iterator[Row]:
    """A row for each way to be slow."""
    for number, kind in enumerate(KINDS):
        stage.source.fault(f"/~hung{number}-*{kind.files}", **kind.how)
        hosts = [place % kind.hosts + 1 for place in range(HUNG)]
        with serving(stage.source.hosts) as server:
            paths = [stage.cold_tile(f"hung{number}", host, kind.item) for host in hosts]
            yield run(_watch(stage, server, kind, paths))


async def _watch(stage: Stage, server: Server, kind: Kind, paths: list[str]) -> Row:
    callers = [Caller(server.base) for _ in paths]
    waiting = [asyncio.create_task(caller.get(path)) for caller, path in zip(callers, paths, strict=True)]
    await asyncio.sleep(0.5)
    held = stage.source.unanswered()
    with probing(server.base) as probes:
        tiles = await _honest(stage, server, kind.item)
    still = sum(not task.done() for task in waiting)
    for caller, task in zip(callers, waiting, strict=True):
        task.cancel()
        caller.leave()
    closed_s = await until(lambda: not stage.source.unanswered(), 20)
    slowest = max(tile.seconds for tile in tiles)
    good = all(tile.status == 200 for tile in tiles)
    return Row(
        demand=f"{HUNG} {kind.name}: honest tile, /livez, upstream closed after the clients left",
        demanded=f"<= {TILE_S} s, <= {LIVEZ_MS} ms, <= {CLOSED_S} s",
        seen=f"{slowest:.2f} s{'' if good else ' NOT ALL 200'}, {probes.worst_ms:.0f} ms, {closed_s:.2f} s",
        held=good and slowest <= TILE_S and probes.worst_ms <= LIVEZ_MS and closed_s <= CLOSED_S,
        details=(f"{held} requests upstream, {still} clients still waiting at the end, {len(tiles)} honest tiles",),
    )


async def _honest(stage: Stage, server: Server, file: str) -> list[Answer]:
    """Tiles of new items, one after the other."""
    tiles, end = [], time.monotonic() + WATCHED_S
    while time.monotonic() < end:
        tiles.append(await ask(server.base, stage.cold_tile(file=file)))
        await asyncio.sleep(0.1)
    return tiles
