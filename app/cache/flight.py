"""Calls at the same moment: equal ones share one, different ones run side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from app.errors import DeadlineExceeded
from app.observe.record import carry_on, current_record

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class _Flight(Generic[Value]):
    task: asyncio.Task[Value]
    waiting: int = 0


class SingleFlight(Generic[Key, Value]):
    """Runs one call per key at a time.

    The call belongs to nobody: it runs in the context in which this object was made and spends no caller's budget; what
    it costs is on the record of the first caller. It outlives a caller that leaves, and is cancelled when the last one
    has left.
    """

    def __init__(self) -> None:
        self._flights: dict[Key, _Flight[Value]] = {}
        self._context = copy_context()

    async def run(self, key: Key, call: Callable[[], Awaitable[Value]]) -> Value:
        """Give the result of ``call``, or of the equal call under way."""
        flight = self._flights.get(key)
        if flight is None:
            # Neither the budget nor the clock of the caller that happened to be first.
            context = self._context.copy()
            context.run(carry_on, current_record())
            flight = _Flight(asyncio.get_running_loop().create_task(_called(call), context=context))
            self._flights[key] = flight
            flight.task.add_done_callback(lambda _: self._land(key, flight))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._land(key, flight)
                flight.task.cancel()

    def _land(self, key: Key, flight: _Flight[Value]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if flight.task.done() and not flight.task.cancelled():
            flight.task.exception()  # seen, even when every caller has left


async def _called(call: Callable[[], Awaitable[Value]]) -> Value:
    return await call()


class Collapse(Generic[Key, Value]):
    """Makes equal calls once: the first caller makes the call, in his own time and at his own cost; the others wait.

    Unlike a ``SingleFlight`` it costs no task. A call that ends because its caller has left, or because his time is
    over, is made again by one of those who waited.
    """

    def __init__(self) -> None:
        self._under_way: dict[Key, asyncio.Future[Value]] = {}

    async def run(self, key: Key, call: Callable[[], Awaitable[Value]]) -> Value:
        """Give the result of ``call``, or of the equal call under way; raises what that one raises."""
        while (first := self._under_way.get(key)) is not None:
            try:
                return await asyncio.shield(first)
            except _Left:
                continue
        result = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            value = await call()
        except BaseException as error:
            of_all = isinstance(error, Exception) and not isinstance(error, DeadlineExceeded)
            result.set_exception(error if of_all else _Left())
            result.exception()  # seen, even when nobody waits
            raise
        else:
            result.set_result(value)
            return value
        finally:
            del self._under_way[key]


class _Left(Exception):
    """The caller who made the call has left, or his time was over."""


async def together(calls: Iterable[Coroutine[Any, Any, Value]]) -> list[Value]:
    """Run all calls at once; the first failure cancels the others and is raised as it is."""
    waiting = list(calls)
    if len(waiting) < 2:
        return [await call for call in waiting]
    tasks = [asyncio.ensure_future(call) for call in waiting]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
