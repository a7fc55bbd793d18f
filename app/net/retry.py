"""May it be asked a second time? Once, after a pause, and for few requests, so that no failing host is flooded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from cachetools import LRUCache

from app.errors import Overloaded, UpstreamFailed
from app.net.clock import Clock

T = TypeVar("T")

JITTER_S = (0.05, 0.25)
"""Shortest and longest pause: those who failed together should not come back together."""
PAUSE_MAX_S = 2.0
"""A host that asks for a longer pause gets it: the caller is told instead."""
SHARE = 0.1
"""Second tries per request, in the long run."""
SAVED_MAX = 10.0
"""Second tries that may be made at once after a calm time."""
HOSTS_MAX = 1024
"""Hosts are named by strangers; the one that was asked longest ago is forgotten."""


class Retries:
    """Second tries of one process: of each host at most a tenth of its requests."""

    def __init__(self) -> None:
        self._saved: LRUCache[str, float] = LRUCache(HOSTS_MAX)

    async def run(self, host: str, attempt: Callable[[], Awaitable[T]], clock: Clock) -> T:
        """Run ``attempt``, and once more where that may help and there is time.

        Args:
            host: Host and port that is asked.

        Raises:
            SwathError: What the last attempt raised.
        """
        self._save(host, SHARE)
        try:
            return await attempt()
        except (UpstreamFailed, Overloaded) as failure:
            pause_s = _pause_s(failure)
            if pause_s is None or self._saved.get(host, 0) < 1 or pause_s >= clock.remaining_s():
                raise
        self._save(host, -1)
        await asyncio.sleep(pause_s)
        return await attempt()

    def _save(self, host: str, tries: float) -> None:
        self._saved[host] = min(SAVED_MAX, self._saved.get(host, SAVED_MAX) + tries)


def _pause_s(failure: UpstreamFailed | Overloaded) -> float | None:
    """How long to wait before the second try; None where it would not help."""
    if failure.pause_s is None or failure.pause_s > PAUSE_MAX_S:
        return None
    return max(failure.pause_s, random.uniform(*JITTER_S))  # noqa: S311 -- no secret
