"""How long a request may take, and how many bytes it may read from upstream."""

from __future__ import annotations

import asyncio
from enum import Enum
from types import TracebackType

from app.errors import DeadlineExceeded
from app.limits.cut import Cut
from app.net.budget import Budget, current_budget, spending
from app.runtime import Runtime
from app.settings import Settings


class Cost(Enum):
    """Kinds of request by what they may cost; settings are named after them."""

    TILE = "TILE"
    CROP = "CROP"
    SERIES = "SERIES"


class allowance:  # noqa: N801 -- entered like a function, as contextlib's own are
    """Runs what is inside within its deadline and byte budget; within an allowance, that one goes on to count.

    Args:
        remedy: What the caller can do when it takes too long, as a sentence.

    Raises:
        DeadlineExceeded: What is inside took too long; it is cancelled.
    """

    __slots__ = ("_budget", "_cost", "_cut", "_remedy", "_seconds", "_settings", "_spending", "_timer")

    def __init__(self, rt: Runtime, cost: Cost, remedy: str = "") -> None:
        self._settings = rt.settings
        self._cost = cost
        self._remedy = remedy
        self._budget: Budget | None = None

    async def __aenter__(self) -> None:
        if current_budget() is not None:
            return
        self._seconds, megabytes = _limits_of(self._settings, self._cost)
        self._budget = Budget(megabytes=megabytes, seconds=self._seconds, kind=self._cost.value)
        self._cut = Cut()
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._cut.make)
        self._spending = spending(self._budget)
        self._spending.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._budget is None:
            return
        self._timer.cancel()
        self._budget.stop()
        is_late = self._cut.ends(kind) or isinstance(error, TimeoutError)
        self._spending.__exit__()
        if is_late:
            raise self._late() from error

    def _late(self) -> DeadlineExceeded:
        told = (
            f"The answer was not ready after {self._seconds:g} s (SWATH_{self._cost.value}_DEADLINE_S). {self._remedy}"
        )
        return DeadlineExceeded(told.rstrip())


def _limits_of(settings: Settings, cost: Cost) -> tuple[float, float]:
    """Seconds, and MiB."""
    match cost:
        case Cost.TILE:
            return settings.tile_deadline_s, settings.tile_bytes_mb
        case Cost.CROP:
            return settings.crop_deadline_s, settings.crop_bytes_mb
        case Cost.SERIES:
            return settings.series_deadline_s, settings.series_bytes_mb
