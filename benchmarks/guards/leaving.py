"""Clients that leave, and clients that ask the same: no work for nobody, no work twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from benchmarks.guards.clients import Caller, ask, run
from benchmarks.guards.row import Row
from benchmarks.guards.server import Server, serving
from benchmarks.guards.stage import Stage

LEAVING, EQUAL = 300, 30
STAY_S, UPSTREAM_S, TILE_S = 0.6, 0.4, 1
SHARE = 1.2


def measure(stage: Stage) -> Iterator[Row]:
    """Two rows; equal requests are collapsed by each worker for itself, so there is one."""
    stage.source.fault("/~leaving*", delay_s=UPSTREAM_S)
    stage.source.fault("/~equal*", delay_s=0.2)
    with serving(stage.source.hosts) as server:
        yield run(_leave(stage, server))
    with serving(stage.source.hosts, workers=1) as server:
        yield run(_equal(stage, server))


async def _leave(stage: Stage, server: Server) -> Row:
    callers = [Caller(server.base) for _ in range(LEAVING)]
    waiting = [asyncio.create_task(caller.get(stage.cold_tile("leaving", 1))) for caller in callers]
    await asyncio.sleep(STAY_S)
    for caller, task in zip(callers, waiting, strict=True):
        task.cancel()
        caller.leave()
    left = time.monotonic()
    tile = await ask(server.base, stage.cold_tile())
    await asyncio.sleep(5)
    later = [asked for asked in stage.source.take() if asked.path.startswith("/~leaving") and asked.at > left]
    by_item = {path: sum(each.path.split("/")[1] == path for each in later) for path in _items(later)}
    most = max(by_item.values(), default=0)
    return Row(
        demand=f"{LEAVING} clients that leave: upstream requests of each afterwards, the next tile",
        demanded=f"<= 1, <= {TILE_S} s",
        seen=f"{most} ({len(later)} in all), {tile.seconds:.2f} s ({tile})",
        held=most <= 1 and tile.status == 200 and tile.seconds <= TILE_S,
    )


def _items(asked: list) -> set[str]:
    return {each.path.split("/")[1] for each in asked}


async def _equal(stage: Stage, server: Server) -> Row:
    stage.source.take()
    await ask(server.base, stage.cold_tile("equal", 1))
    alone = sum(asked.range is not None for asked in stage.source.take())
    path = stage.cold_tile("equal", 1)
    answers = await asyncio.gather(*(ask(server.base, path) for _ in range(EQUAL)))
    log = stage.source.take()
    items, ranges = sum(asked.range is None for asked in log), sum(asked.range is not None for asked in log)
    good = sum(answer.status == 200 for answer in answers)
    return Row(
        demand=f"{EQUAL} equal cold requests, one worker: item fetches, ranges to those of one request",
        demanded=f"1, <= {SHARE} x",
        seen=f"{items}, {ranges / alone:.2f} x ({ranges} to {alone}); {good} answered",
        held=items == 1 and ranges <= SHARE * alone and good == EQUAL,
    )
