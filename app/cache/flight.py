"""Calls at the same moment: equal ones share one, different ones run side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class _Flight(Generic[Value]):
    task: asyncio.Task[Value]
    waiting: int = 0


class SingleFlight(Generic[Key, Value]):
    """Runs one call per key at a time.

    The call belongs to nobody: it runs in the context in which this object was made and spends no caller's budget. It
    outlives a caller that leaves, and is cancelled when the last one has left.
    """

    def __init__(self) -> None:
        self._flights: dict[Key, _Flight[Value]] = {}
        self._context = copy_context()

    async def run(self, key: Key, call: Callable[[], Awaitable[Value]]) -> Value:
        """Give the result of ``call``, or of the equal call under way."""
        flight = self._flights.get(key)
        if flight is None:
            # Neither the budget nor the clock of the caller that happened to be first.
            flight = _Flight(asyncio.get_running_loop().create_task(_called(call), context=self._context.copy()))
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
