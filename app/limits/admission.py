"""Who may read now? So many requests at the same time, and no host keeps more than half of the places.

A request holds a place while it looks for what it will read, and again while it reads, unless all of that is in memory.
Waiting for a slow source holds no thread, and sources that do not answer leave half of the places to all others.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection

from app.errors import Overloaded
from app.limits.line import Line
from app.observe.metrics import shed

Hosts = Collection[str]

SHARE = 0.1
"""Weight of the newest request in the mean."""


class Admission:
    """The places of a worker; used from one event loop only.

    Args:
        places: Requests that may read at the same time.
        wait_max_s: Longest wait for a place.
    """

    def __init__(self, places: int, wait_max_s: float) -> None:
        self._places = places
        self._taken = 0
        self._taken_by_host: defaultdict[str, int] = defaultdict(int)
        self._line: Line[Hosts] = Line(self._claim, self._give_back, wait_max_s)
        self._mean_s = 0.0
        self.closed = ""
        """Why nobody is admitted at all; empty: the doors are open."""

    @property
    def taken(self) -> int:
        """Requests that read now."""
        return self._taken

    @property
    def waiting(self) -> int:
        """Requests in the line."""
        return self._line.length

    def place(self, hosts: Hosts) -> Place:
        """A place, held while inside.

        Args:
            hosts: Where the request will read; none for local files.

        Raises:
            Overloaded: On entering it: there is no place, and none will be free soon.
        """
        return Place(self, hosts)

    async def take(self, hosts: Hosts) -> None:
        """Take a place, or wait for one."""
        if self.closed:
            shed("closed")
            raise Overloaded(self.closed)
        if not self._claim(hosts):
            self._line.refuse_long(self._mean_s * (self._line.length + 1) / self._places)
            await self._line.wait(hosts)

    def leave(self, hosts: Hosts, held_s: float) -> None:
        """Give a place back that was held for ``held_s``."""
        self._mean_s += SHARE * (held_s - self._mean_s)
        self._give_back(hosts)

    def _claim(self, hosts: Hosts) -> bool:
        share = max(1, self._places // 2)
        if self._taken >= self._places or any(self._taken_by_host.get(host, 0) >= share for host in hosts):
            return False
        self._taken += 1
        for host in hosts:
            self._taken_by_host[host] += 1
        return True

    def _give_back(self, hosts: Hosts) -> None:
        self._taken -= 1
        for host in hosts:
            self._taken_by_host[host] -= 1
            if not self._taken_by_host[host]:
                del self._taken_by_host[host]  # hosts are named by strangers
        self._line.call()


class Place:
    """A place of an ``Admission``; a class, because every drawn tile holds one, and a generator costs more."""

    __slots__ = ("_admission", "_hosts", "_since")

    def __init__(self, admission: Admission, hosts: Hosts) -> None:
        self._admission = admission
        self._hosts = hosts

    async def __aenter__(self) -> None:
        await self._admission.take(self._hosts)
        self._since = time.monotonic()

    async def __aexit__(self, *_: object) -> None:
        self._admission.leave(self._hosts, time.monotonic() - self._since)
