"""Where does GDAL run? In threads of its own: few of them, because hardly any waits for the pixels that it reads.

A new thread costs 10 ms, in which PROJ opens its database, and hands the interpreter on after every call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from app.limits.admission import Admission, Hosts
from app.limits.workers import Workers

T = TypeVar("T")

OPENERS = 4
"""Opening a file takes some ms of Python and GDAL."""
READERS = 8
"""One reads for 5 to 500 ms; some may never come back."""
WAITERS = 32
"""Those wait for large files, of which one host gets at most half of them."""


class GdalThreads:
    """The threads of the general driver.

    Args:
        wait_max_s: Longest wait for a thread.
    """

    def __init__(self, wait_max_s: float) -> None:
        self._openers = Workers(OPENERS, "open", wait_max_s)
        self._readers = Workers(READERS, "gdal", wait_max_s)
        self._places = Admission(WAITERS, wait_max_s)
        self._waiters = Workers(WAITERS, "wait", wait_max_s)

    @property
    def waiting(self) -> int:
        """Calls that wait for a thread."""
        pools = (self._openers, self._readers, self._waiters)
        return self._places.waiting + sum(pool.waiting for pool in pools)

    async def look(self, call: Callable[[], T]) -> T:
        """Call what opens a file, and waits for nothing.

        Raises:
            Overloaded: There is too much to do.
        """
        return await self._openers.run(call)

    async def read(self, call: Callable[[], T]) -> T:
        """Call what reads pixels, and waits for nothing; raises as ``look``."""
        return await self._readers.run(call)

    async def wait(self, hosts: Hosts, call: Callable[[], T]) -> T:
        """Call what waits for bytes of ``hosts``; raises as ``look``."""
        async with self._places.place(hosts):
            return await self._waiters.run(call)

    def lost_share(self, after_s: float) -> float:
        """Share of the readers, 0 to 1, that have been at work for longer than ``after_s``."""
        return max(pool.lost_share(after_s) for pool in (self._readers, self._waiters))

    def close(self) -> None:
        """Let running calls finish; those still waiting are dropped."""
        for pool in (self._openers, self._readers, self._waiters):
            pool.close()
