"""Where does GDAL run? In threads of its own, because it waits in them for the pixels that it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from app.limits.admission import Admission, Hosts
from app.limits.workers import Workers

T = TypeVar("T")


class GdalThreads:
    """The threads of the general driver.

    Args:
        readers: Threads that read pixels; one host gets at most half of them.
        openers: Threads that open files, of which all that is read is here.
        wait_max_s: Longest wait for a thread.
    """

    def __init__(self, readers: int, openers: int, wait_max_s: float) -> None:
        self._places = Admission(readers, wait_max_s)
        self._readers = Workers(readers, "gdal", wait_max_s)
        self._openers = Workers(openers, "open", wait_max_s)

    @property
    def waiting(self) -> int:
        """Calls that wait for a thread."""
        return self._places.waiting + self._readers.waiting + self._openers.waiting

    async def look(self, call: Callable[[], T]) -> T:
        """Call what waits for nothing.

        Raises:
            Overloaded: There is too much to do.
        """
        return await self._openers.run(call)

    async def read(self, hosts: Hosts, call: Callable[[], T]) -> T:
        """Call what waits for bytes of ``hosts``; raises as ``look``."""
        async with self._places.place(hosts):
            return await self._readers.run(call)

    def lost_share(self, after_s: float) -> float:
        """Share of the readers, 0 to 1, that have been at work for longer than ``after_s``."""
        return self._readers.lost_share(after_s)

    def close(self) -> None:
        """Let running calls finish; those still waiting are dropped."""
        self._readers.close()
        self._openers.close()
