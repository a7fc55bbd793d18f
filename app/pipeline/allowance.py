"""How long a request may take, and how many bytes it may read from upstream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum

from app.errors import DeadlineExceeded
from app.net.budget import Budget, current_budget, spending
from app.runtime import Runtime
from app.settings import Settings


class Cost(Enum):
    """Kinds of request by what they may cost."""

    TILE = "tile"
    CROP = "crop"
    SERIES = "series"


@asynccontextmanager
async def allowance(rt: Runtime, cost: Cost, remedy: str = "") -> AsyncIterator[None]:
    """Run what is inside within its deadline and byte budget; within an allowance, that one goes on to count.

    Args:
        remedy: What the caller can do when it takes too long, as a sentence.

    Raises:
        DeadlineExceeded: What is inside took too long; it is cancelled.
    """
    if current_budget() is not None:
        yield
        return
    seconds, megabytes = _limits_of(rt.settings, cost)
    budget = Budget.of(megabytes=megabytes, seconds=seconds, setting=f"SWATH_{cost.name}_BYTES_MB")
    try:
        async with asyncio.timeout(seconds):
            with spending(budget):
                yield
    except TimeoutError as err:
        told = f"The answer was not ready after {seconds:g} s (SWATH_{cost.name}_DEADLINE_S). {remedy}"
        raise DeadlineExceeded(told.rstrip()) from err
    finally:
        budget.stop()


def _limits_of(settings: Settings, cost: Cost) -> tuple[float, float]:
    """Seconds, and MiB."""
    match cost:
        case Cost.TILE:
            return settings.tile_deadline_s, settings.tile_bytes_mb
        case Cost.CROP:
            return settings.crop_deadline_s, settings.crop_bytes_mb
        case Cost.SERIES:
            return settings.series_deadline_s, settings.series_bytes_mb
