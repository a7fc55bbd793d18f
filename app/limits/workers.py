"""Pools of threads, built once at start: for array work, and for GDAL, which waits for bytes while it reads."""

from __future__ import annotations

import asyncio
import contextvars
import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, ParamSpec, TypeVar

from app.limits.line import Line

P = ParamSpec("P")
T = TypeVar("T")

READY = 1
"""Calls that lie ready behind those that run, so that no thread waits for the event loop between two."""
SHARE = 0.1
"""Weight of the newest call in the mean."""


class Workers:
    """Runs plain functions away from the event loop; used from one event loop only.

    Args:
        threads: How many run at once; more wait in a line.
        name: Prefix of the threads' names.
        wait_max_s: Longest wait in the line.
    """

    def __init__(self, threads: int, name: str, wait_max_s: float = math.inf) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = threads + READY
        self._line: Line[None] = Line(self._claim, self._give_back, wait_max_s)
        self._begun: dict[Future[Any], float] = {}
        """When each call under way was handed to the pool (``time.monotonic``)."""
        self._mean_s = 0.0

    @property
    def waiting(self) -> int:
        """Calls in the line."""
        return self._line.length

    @property
    def expected_wait_s(self) -> float:
        """How long a call that comes now will probably wait."""
        return 0.0 if self._free else self._mean_s * (self._line.length + READY) / self._threads

    def lost_share(self, after_s: float) -> float:
        """Share of the threads, 0 to 1, whose calls have been under way for longer than ``after_s``."""
        start = time.monotonic() - after_s
        return min(1.0, sum(begun < start for begun in self._begun.values()) / self._threads)

    def refuse_long_wait(self) -> None:
        """Raise ``Overloaded`` when a call that comes now would wait too long."""
        self._line.refuse_long(self.expected_wait_s)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``function`` in a thread, within the caller's context (its budget and deadline go along).

        Raises:
            Overloaded: There is too much to do.
        """
        if not self._claim():
            self.refuse_long_wait()
            await self._line.wait(None)
        context = contextvars.copy_context()
        future: Future[T] = self._pool.submit(context.run, self._timed, partial(function, *args, **kwargs))
        self._begun[future] = time.monotonic()
        try:
            return await asyncio.wrap_future(future)
        finally:
            self._release_when_done(future)

    def close(self) -> None:
        """Let running calls finish; those still waiting are dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _timed(self, call: Callable[[], T]) -> T:
        start = time.perf_counter()
        try:
            return call()
        finally:
            self._mean_s += SHARE * (time.perf_counter() - start - self._mean_s)

    def _claim(self, _: None = None) -> bool:
        if not self._free:
            return False
        self._free -= 1
        return True

    def _give_back(self, _: None = None) -> None:
        self._free += 1
        self._line.call()

    def _release_when_done(self, future: Future[Any]) -> None:
        """Give the thread to the next one; a caller who has left may have left it at work."""
        if future.done():
            self._release(future)
            return
        loop = asyncio.get_running_loop()

        def tell(_: Future[Any]) -> None:
            with suppress(RuntimeError):  # the loop has ended before the call
                loop.call_soon_threadsafe(self._release, future)

        future.add_done_callback(tell)

    def _release(self, future: Future[Any]) -> None:
        del self._begun[future]
        self._give_back()
