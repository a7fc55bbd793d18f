"""Pools of threads, built once at start: one for array work, one for GDAL, which waits for bytes while it reads."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Runs plain functions away from the event loop.

    Args:
        threads: How many run at once; more wait in order.
        name: Prefix of the threads' names.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``function`` in a thread, within the caller's context (its budget and deadline go along)."""
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: context.run(function, *args, **kwargs))

    def close(self) -> None:
        """Let running calls finish; those still waiting are dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)
