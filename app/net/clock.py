"""Is it too late? One way to cut a wait at a limit and to say whose limit it was."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.errors import DeadlineExceeded
from app.net.budget import current_budget


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of one wait: its own, or that of the request where this ends earlier.

    Attributes:
        deadline: ``time.monotonic()`` at which it is cut.
    """

    deadline: float

    def remaining_s(self) -> float:
        """Seconds until it is cut; negative behind it."""
        return self.deadline - time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether time is the reason when the wait is cut now."""
        return self.remaining_s() <= 0


@asynccontextmanager
async def on_time(what: str, timeout_s: float | None = None) -> AsyncIterator[Clock]:
    """Cut what is inside at ``timeout_s`` or at the deadline of the request, whichever comes first.

    Args:
        what: Subject of the message, such as a host name.
        timeout_s: Own limit; None leaves the deadline only.

    Raises:
        DeadlineExceeded: It was cut.
    """
    budget = current_budget()
    limit_s, late = timeout_s, DeadlineExceeded(f"{what} did not finish within {timeout_s or 0:g} s.")
    late.of_source = True
    if budget is not None and (timeout_s is None or budget.remaining_s() < timeout_s):
        budget.check()
        limit_s, late = budget.remaining_s(), budget.late()
    clock = Clock(time.monotonic() + (math.inf if limit_s is None else limit_s))
    try:
        async with asyncio.timeout(limit_s):
            yield clock
    except TimeoutError as error:
        raise late from error
