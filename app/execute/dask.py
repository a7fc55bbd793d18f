"""The executor of a Dask cluster, whose workers have this program installed."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

from distributed import Client
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError, connect
from distributed.scheduler import KilledWorker
from distributed.security import Security

from app.errors import Overloaded
from app.execute.executor import WorkerLost
from app.execute.home import work_off
from app.execute.parcel import Outcome, Parcel

CONNECT_S = 3.0
"""A scheduler that is there answers within milliseconds."""

AHEAD = 2
"""Parcels for each thread of the cluster: one is there when another is done."""


class DaskCluster:
    """Has parcels worked off by a cluster; one whose worker is lost is given to another by Dask itself.

    Args:
        client: Connected, and used from this event loop; is closed with this object.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._width = AHEAD

    @classmethod
    async def connect(cls, address: str) -> DaskCluster:
        """Connect to a scheduler.

        Raises:
            Overloaded: It does not answer.
        """
        try:
            # A client waits for ever, whatever its timeout, for one who accepts and says nothing.
            async with asyncio.timeout(CONNECT_S):
                comm = await connect(address, timeout=CONNECT_S, **Security().get_connection_args("client"))  # type: ignore[no-untyped-call]
            await comm.close()
            client = Client(address, asynchronous=True, set_as_default=False, timeout=CONNECT_S, name="swath")  # type: ignore[no-untyped-call]
            await client
        except (OSError, TimeoutError, ValueError) as error:
            raise unreachable(CONNECT_S) from error
        return cls(client)

    async def width(self) -> int:
        """As many as keep all threads busy that the cluster has now."""
        try:
            threads: dict[str, int] = await self._client.nthreads()  # type: ignore[no-untyped-call]
        except (OSError, TimeoutError, CommClosedError) as error:
            raise unreachable(CONNECT_S) from error
        return AHEAD * max(1, sum(threads.values()))

    async def run(self, parcel: Parcel) -> Sequence[Outcome]:
        """Have a parcel worked off; what has begun when it is cancelled is finished for nobody.

        Raises:
            WorkerLost: Several workers, one after the other, have ended over it.
            Overloaded: The scheduler is gone.
        """
        future: Any = self._client.submit(work_off, parcel, key=f"swath-{uuid.uuid4().hex}", pure=False)
        try:
            outcomes: Sequence[Outcome] = await future
        except KilledWorker as error:
            raise WorkerLost from error
        except (FutureCancelledError, CommClosedError, OSError) as error:
            raise Overloaded("The Dask scheduler (SWATH_DASK_SCHEDULER) is gone; what was done is kept.") from error
        except asyncio.CancelledError:
            future.release()
            raise
        return outcomes

    async def aclose(self) -> None:
        """Leave the cluster; what it still holds of ours is forgotten there."""
        await self._client.close(CONNECT_S)  # type: ignore[no-untyped-call]


def unreachable(seconds: float) -> Overloaded:
    """The error of a scheduler that does not answer; its address is the operator's."""
    return Overloaded(
        f"The Dask scheduler (SWATH_DASK_SCHEDULER) did not answer within {seconds:g} s; start it, or unset the "
        "setting to work on this machine."
    )
