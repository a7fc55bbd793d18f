"""Is somebody already fetching the same thing? Equal calls at the same moment share one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class _Flight(Generic[Value]):
    task: asyncio.Task[Value]
    waiting: int = 0


class SingleFlight(Generic[Key, Value]):
    """Runs one call per key at a time.

    The call belongs to nobody: it spends no caller's budget, outlives a caller that leaves, and is cancelled when the
    last one has left.
    """

    def __init__(self) -> None:
        self._flights: dict[Key, _Flight[Value]] = {}

    async def run(self, key: Key, call: Callable[[], Awaitable[Value]]) -> Value:
        """Give the result of ``call``, or of the equal call under way."""
        flight = self._flights.get(key)
        if flight is None:
            # An empty context: neither the budget nor the clock of the caller that happened to be first.
            flight = _Flight(asyncio.get_running_loop().create_task(_called(call), context=Context()))
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
