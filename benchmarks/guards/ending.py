"""A worker that is killed, a server that is told to stop: what is lost?"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator

from benchmarks.guards.clients import Answer, ask, run, until
from benchmarks.guards.row import Row
from benchmarks.guards.server import Server, serving
from benchmarks.guards.stage import Stage

BACK_S, EXIT_S = 5, 20
ANSWERABLE = 10
ANSWERABLE_S = 2.0
PROBE_S = 0.02


def measure(stage: Stage) -> Iterator[Row]:
    """Three rows: kill, stop, and stop with upstreams that hang."""
    stage.source.fault("/~answerable*", delay_s=ANSWERABLE_S)
    stage.source.fault("/~dripping*.tif", drip_s=0.5)
    with serving(stage.source.hosts) as server:
        yield run(_kill(stage, server))
    for dripping in (0, 10):
        with serving(stage.source.hosts) as server:
            yield run(_stop(stage, server, dripping))


async def _kill(stage: Stage, server: Server) -> Row:
    """Clients ask on new connections all the time; those who asked after the kill must not notice it."""
    tiles, asked = stage.warm_tiles(), []

    async def clients(seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            asked.append(asyncio.create_task(ask(server.base, tiles())))
            await asyncio.sleep(PROBE_S)

    await clients(2)
    victim, *_ = server.workers()
    os.kill(victim, signal.SIGKILL)
    while _runs(victim):  # until its sockets are gone, the kernel deals connections to it
        time.sleep(0.001)  # noqa: ASYNC251 -- some ms
    killed = time.monotonic()
    back = until(lambda: len(server.listening() - {victim}) >= 2, 30)
    _, back_s = await asyncio.gather(clients(8), back)
    answers = await asyncio.gather(*asked)
    lost = [answer for answer in answers if answer.status != 200]
    later = [answer for answer in lost if answer.started > killed]
    after = [answer.seconds for answer in answers if answer.started > killed]
    return Row(
        demand="kill -9 of a worker: lost but for those in flight; back",
        demanded=f"0, <= {BACK_S} s",
        seen=f"{len(later)} ({len(lost)} in all), {back_s:.1f} s; longest answer {max(after):.1f} s",
        held=not later and back_s <= BACK_S and max(after) <= BACK_S,
        details=tuple(f"lost: {answer} after {answer.started - killed:+.3f} s" for answer in lost),
    )


async def _stop(stage: Stage, server: Server, dripping: int) -> Row:
    base = server.base
    good = [asyncio.create_task(ask(base, stage.cold_tile("answerable", 1))) for _ in range(ANSWERABLE)]
    hung = [asyncio.create_task(ask(base, stage.notebook_crop("dripping", 2))) for _ in range(dripping)]
    await asyncio.sleep(1)
    pid, *workers = server.program.pids()
    os.kill(pid, signal.SIGTERM)
    exit_s = await until(lambda: not any(_runs(each) for each in (pid, *workers)), 2 * EXIT_S)
    answers: list[Answer] = await asyncio.gather(*good)
    rest = await asyncio.gather(*hung)
    kept = sum(answer.status == 200 for answer in answers)
    name = f"SIGTERM with {ANSWERABLE} answerable requests" + (
        f" and {dripping} that drip for ever" if dripping else ""
    )
    return Row(
        demand=f"{name}: answered, exit",
        demanded=f"{ANSWERABLE}, <= {EXIT_S} s",
        seen=f"{kept}, {exit_s:.1f} s",
        held=kept == ANSWERABLE and exit_s <= EXIT_S,
        details=tuple(f"dripping: {answer}" for answer in rest),
    )


def _runs(pid: int) -> bool:
    """Whether any thread of a process is left: its sockets are open until the last one has gone."""
    try:
        if len(os.listdir(f"/proc/{pid}/task")) > 1:  # noqa: PTH208 -- the kernel answers at once
            return True
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 -- the kernel answers at once
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
