"""The seam: who has parcels worked off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.execute.parcel import Outcome, Parcel


class WorkerLost(Exception):
    """A worker ended before it had finished a parcel, which nobody has now."""


class Executor(Protocol):
    """Has parcels worked off, some at the same time; used from one event loop."""

    async def width(self) -> int:
        """How many parcels keep all workers busy."""
        ...

    async def run(self, parcel: Parcel) -> Sequence[Outcome]:
        """Have a parcel worked off; when it is cancelled, so is the work.

        Raises:
            WorkerLost: Its worker has ended.
            Overloaded: There are no workers any more.
        """
        ...

    async def aclose(self) -> None:
        """End what was started for it."""
        ...
