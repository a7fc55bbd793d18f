"""The executor of one machine: a few processes, which end with the one that started them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from app.errors import Overloaded
from app.execute.lane import CannotStart, Lane
from app.execute.parcel import Outcome, Parcel

log = logging.getLogger("swath")


class ProcessPool:
    """Has parcels worked off by processes; one that is lost is replaced when the next parcel comes.

    Args:
        processes: How many; each is started when it is first needed.
    """

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._idle = [Lane() for _ in range(processes)]
        self._lanes = set(self._idle)
        # They wait for processes, which do the work.
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="swath-lane")

    @property
    def pids(self) -> list[int]:
        """Ids of the processes that were started."""
        return [lane.pid for lane in self._lanes if lane.pid is not None]

    async def width(self) -> int:
        """One parcel each."""
        return self._processes

    async def run(self, parcel: Parcel) -> Sequence[Outcome]:
        """Have a parcel worked off by a process that is idle; ``width`` says how many there are.

        Raises:
            WorkerLost: The process has ended.
            Overloaded: Processes cannot be started.
        """
        lane = self._idle.pop()
        call = asyncio.get_running_loop().run_in_executor(self._threads, lane.work_off, parcel)
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            lane.kill()
            await asyncio.gather(call, return_exceptions=True)  # it ends at once, and its thread is free again
            self._lanes.remove(lane)
            lane.close()
            lane = Lane()
            self._lanes.add(lane)
            raise
        except (CannotStart, OSError) as error:
            log.exception("no process can be started for work on many scenes")
            raise Overloaded("Processes for work on many scenes cannot be started here now.") from error
        finally:
            self._idle.append(lane)

    async def aclose(self) -> None:
        """End all processes."""
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    def _close(self) -> None:
        for lane in self._lanes:
            lane.close()
        self._threads.shutdown()
