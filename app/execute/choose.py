"""Which executor do the settings ask for?"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from app.errors import Overloaded
from app.execute.executor import Executor
from app.execute.pool import ProcessPool
from app.settings import Settings

if TYPE_CHECKING:
    from app.execute.dask import DaskCluster


@asynccontextmanager
async def open_executor(settings: Settings) -> AsyncGenerator[Executor]:
    """Give the executor for one piece of work, and end what was started for it.

    Raises:
        Overloaded: The Dask scheduler cannot be reached, or the program to do so is not installed.
    """
    executor = await _connect(settings.dask_scheduler) if settings.dask_scheduler else ProcessPool(processes(settings))
    try:
        yield executor
    finally:
        await executor.aclose()


def processes(settings: Settings) -> int:
    """Processes of the pool: those of the settings, else one per core that this process may use."""
    if settings.jobs_processes:
        return settings.jobs_processes
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


async def _connect(address: str) -> Executor:
    try:
        cluster = await asyncio.to_thread(_cluster)  # its import takes half a second
    except ImportError as error:
        told = "Dask is not installed here, and SWATH_DASK_SCHEDULER is set: pip install 'swath[dask]', or unset it."
        raise Overloaded(told) from error
    return await cluster.connect(address)


def _cluster() -> type[DaskCluster]:
    from app.execute.dask import DaskCluster  # noqa: PLC0415 -- an extra, and slow to import

    return DaskCluster
