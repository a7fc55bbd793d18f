"""One upstream takes two seconds a request: who asks elsewhere does not feel it, and who asks there is not refused."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

from benchmarks.guards.clients import Answer, Caller, crowd, run
from benchmarks.guards.row import Row
from benchmarks.guards.server import Server, serving
from benchmarks.guards.stage import Stage

SLOW_S = 2
HALF, SECONDS, SHARE = 50, 12, 0.7
NOTEBOOKS, CROPS = 10, 4


def measure(stage: Stage) -> Iterator[Row]:
    """Two rows."""
    stage.source.fault("/~slow*", delay_s=SLOW_S)
    with serving(stage.source.hosts, CACHE_ANSWERS_MB="0") as server:
        yield run(_half(stage, server))
    with serving(stage.source.hosts) as server:
        yield run(_notebooks(stage, server))


async def _half(stage: Stage, server: Server) -> Row:
    tiles = stage.warm_tiles()
    await crowd(server.base, tiles, 8, 3)
    alone = _per_second(await crowd(server.base, tiles, HALF, SECONDS))
    slow, beside = await asyncio.gather(
        crowd(server.base, lambda: stage.cold_tile("slow", 1), HALF, SECONDS),
        crowd(server.base, tiles, HALF, SECONDS),
    )
    share = _per_second(beside) / alone
    return Row(
        demand=f"half of {2 * HALF} clients on an upstream of {SLOW_S} s: goodput of the other half, to itself alone",
        demanded=f">= {SHARE:.0%}, all 200",
        seen=f"{share:.0%}, {_told(beside)}",
        held=share >= SHARE and all(answer.status == 200 for answer in beside),
        details=(f"alone {alone:.0f}/s; the slow half was answered {_told(slow)}",),
    )


async def _notebooks(stage: Stage, server: Server) -> Row:
    async def notebook() -> list[Answer]:
        caller = Caller(server.base)
        return [await caller.get(stage.notebook_crop("slow", 1)) for _ in range(CROPS)]

    clients = await asyncio.gather(*(notebook() for _ in range(NOTEBOOKS)))
    answers = [answer for client in clients for answer in client]
    longest = max(answer.seconds for answer in answers)
    return Row(
        demand=f"{NOTEBOOKS} clients of the notebook, {CROPS} crops of 3 bands each, on an upstream of {SLOW_S} s",
        demanded="never refused",
        seen=f"{_told(answers)}, longest {longest:.1f} s",
        held=all(answer.status == 200 for answer in answers),
    )


def _per_second(answers: list[Answer]) -> float:
    return sum(answer.status == 200 for answer in answers) / SECONDS


def _told(answers: list[Answer]) -> str:
    return ", ".join(f"{count} x {name}" for name, count in Counter(map(str, answers)).items())
