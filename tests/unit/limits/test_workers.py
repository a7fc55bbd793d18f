"""Who gets a thread, and when?"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

import pytest

from app.errors import Overloaded
from app.limits import line
from app.limits.workers import READY, Workers
from app.observe.record import Record, recording

PLACES = 1 + READY


class Gate:
    """A call that stays in its thread until it is let go."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def __call__(self) -> None:
        assert self._open.wait(10)

    def open(self) -> None:
        self._open.set()


def run(story: Callable[[Workers, Gate], Awaitable[None]], wait_max_s: float = 10) -> None:
    """Tell a story of one thread."""

    async def tell() -> None:
        workers, gate = Workers(1, "test", wait_max_s), Gate()
        try:
            await story(workers, gate)
        finally:
            gate.open()
            workers.close()

    asyncio.run(tell())


async def busy(workers: Workers, gate: Gate) -> list[asyncio.Task[None]]:
    """Fill the thread, and what lies ready behind it."""
    tasks = [asyncio.create_task(workers.run(gate)) for _ in range(PLACES)]
    await asyncio.sleep(0.05)
    return tasks


def in_order(workers: Workers, done: list[int], count: int, calls_each: int = 1) -> list[asyncio.Task[None]]:
    """Make so many requests, each with a record of its own."""
    tasks = []
    for number in range(count):
        with recording(Record("", "GET")):
            tasks += [asyncio.create_task(workers.run(done.append, number)) for _ in range(calls_each)]
    return tasks


def test_calls_wait_in_the_order_of_their_coming():
    async def story(workers: Workers, gate: Gate) -> None:
        held, done = await busy(workers, gate), list[int]()
        waiting = in_order(workers, done, 5)
        await asyncio.sleep(0.05)
        assert workers.waiting == 5
        gate.open()
        await asyncio.gather(*held, *waiting)
        assert done == [0, 1, 2, 3, 4]

    run(story)


def test_the_newest_comes_first_once_the_oldest_has_waited_long(monkeypatch):
    monkeypatch.setattr(line, "LONG_S", 0.05)

    async def story(workers: Workers, gate: Gate) -> None:
        held, done = await busy(workers, gate), list[int]()
        waiting = in_order(workers, done, 5)
        await asyncio.sleep(0.1)
        gate.open()
        await asyncio.gather(*held, *waiting)
        assert done == [4, 3, 2, 1, 0]

    run(story)


def test_nobody_waits_longer_than_allowed():
    async def story(workers: Workers, gate: Gate) -> None:
        held = await busy(workers, gate)
        with pytest.raises(Overloaded, match="SWATH_QUEUE_MAX_S") as caught:
            await workers.run(time.time)
        assert caught.value.retry_after_s in (1, 2, 3)
        gate.open()
        await asyncio.gather(*held)
        await workers.run(time.time)  # and the place is free again

    run(story, wait_max_s=0.1)


def test_who_would_wait_too_long_is_refused_at_once():
    async def story(workers: Workers, gate: Gate) -> None:
        for _ in range(20):  # it learns how long a call takes
            await workers.run(time.sleep, 0.05)
        held = await busy(workers, gate)
        waiting = in_order(workers, [], 10)
        await asyncio.sleep(0)
        start = time.monotonic()
        with pytest.raises(Overloaded):
            await workers.run(time.time)
        assert time.monotonic() - start < 0.1
        gate.open()
        await asyncio.gather(*held, *waiting, return_exceptions=True)

    run(story, wait_max_s=0.3)


def test_a_line_of_more_than_a_few_is_kept_short():
    """Calls take 0.2 s: a few may wait 2 s for their turn, and nobody behind them, though 10 s would be allowed."""

    async def story(workers: Workers, gate: Gate) -> None:
        workers._mean_s = 0.2
        held = await busy(workers, gate)
        waiting = in_order(workers, [], line.FEW + 3)
        await asyncio.sleep(0.05)
        refused = [task for task in waiting if task.done()]
        assert len(refused) == 3
        assert all(isinstance(task.exception(), Overloaded) for task in refused)
        gate.open()
        await asyncio.gather(*held, *waiting, return_exceptions=True)

    run(story)


def test_ten_requests_of_several_calls_are_no_crowd():
    """Thirty calls of 0.2 s: the last one waits 6 s, and 10 s are allowed."""

    async def story(workers: Workers, gate: Gate) -> None:
        workers._mean_s = 0.2
        held, done = await busy(workers, gate), list[int]()
        waiting = in_order(workers, done, 10, calls_each=3)
        await asyncio.sleep(0.05)
        assert workers.waiting == 30
        assert not any(task.done() for task in waiting)
        gate.open()
        await asyncio.gather(*held, *waiting)
        assert sorted(done) == [number for number in range(10) for _ in range(3)]

    run(story)


def test_in_a_crowd_the_few_are_kept_short_too(monkeypatch):
    """Calls take 0.4 s: two wait 0.8 s; without a crowd ten may wait, for up to 10 s."""

    async def story(workers: Workers, gate: Gate) -> None:
        workers._mean_s = 0.4
        held = await busy(workers, gate)
        alone = in_order(workers, [], line.FEW)
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in alone)
        refused = asyncio.create_task(workers.run(time.time))
        await asyncio.sleep(0.05)
        assert isinstance(refused.exception(), Overloaded)
        for task in alone[2:]:
            task.cancel()
        await asyncio.sleep(0.05)
        crowd = in_order(workers, [], 3)
        await asyncio.sleep(0.05)
        assert all(isinstance(task.exception(), Overloaded) for task in crowd)
        monkeypatch.setattr(workers._line, "_crowd_until", time.monotonic())
        later = in_order(workers, [], 3)
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in later)
        gate.open()
        await asyncio.gather(*held, *alone, *crowd, *later, return_exceptions=True)

    run(story)


def test_a_caller_who_leaves_the_line_lets_the_others_come():
    async def story(workers: Workers, gate: Gate) -> None:
        held, done = await busy(workers, gate), list[int]()
        waiting = in_order(workers, done, 3)
        await asyncio.sleep(0)
        waiting[0].cancel()
        gate.open()
        await asyncio.gather(*held, *waiting, return_exceptions=True)
        assert done == [1, 2]
        assert workers.waiting == 0

    run(story)


def test_a_turn_that_comes_as_the_caller_leaves_goes_to_the_next():
    async def story(workers: Workers, gate: Gate) -> None:
        held, done = await busy(workers, gate), list[int]()
        waiting = in_order(workers, done, 3)
        await asyncio.sleep(0)
        workers._give_back()  # called, but not yet running
        waiting[0].cancel()
        gate.open()
        await asyncio.gather(*held, *waiting, return_exceptions=True)
        assert done == [1, 2]

    run(story)


def test_a_caller_who_leaves_his_call_at_work_does_not_free_its_thread():
    async def story(workers: Workers, gate: Gate) -> None:
        held = await busy(workers, gate)
        held[0].cancel()
        await asyncio.sleep(0.05)
        assert workers.lost_share(0.01) == 1
        waiting = in_order(workers, [], 1)
        await asyncio.sleep(0.05)
        assert workers.waiting == 1
        gate.open()
        await asyncio.gather(*waiting, held[1])
        await asyncio.sleep(0.05)
        assert workers.lost_share(0) == 0

    run(story)
