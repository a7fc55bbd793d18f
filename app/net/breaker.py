"""Is this host worth asking now? A host that fails half of the time is left alone for a moment, then tried once.

Each worker judges for itself; what is judged is a host and port, because that is what breaks.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cachetools import LRUCache

from app.errors import DeadlineExceeded, Overloaded, UpstreamFailed
from app.net.clock import Clock
from app.net.policy import shown
from app.net.url import HttpUrl
from app.observe.metrics import shed

WINDOW_S = 10
ASKED_MIN = 20
"""Fewer answers than this tell nothing."""
FAILED_SHARE = 0.5
OPEN_S = 5.0
HOSTS_MAX = 1024
"""Hosts are named by strangers; the one that was asked longest ago is forgotten."""


class Breaker:
    """Counts the answers of one host in the last seconds, and opens when too many of them were failures.

    Args:
        host: For the message.
        now: Seconds, monotonic.
    """

    __slots__ = ("_counts", "_host", "_now", "_open_until", "_probing")

    def __init__(self, host: str, now: Callable[[], float] = time.monotonic) -> None:
        self._host = host
        self._now = now
        self._counts: dict[int, tuple[int, int]] = {}
        """By second: answers, and failures among them."""
        self._open_until: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether requests are refused, but for one that tries."""
        return self._open_until is not None

    @contextmanager
    def watching(self, clock: Clock) -> Iterator[None]:
        """Judge one request, which is sent and answered inside; it fails when it brings no answer in time.

        Raises:
            Overloaded: The host is left alone for now.
        """
        probe = self.enter()
        failed: bool | None = False
        try:
            yield
        except (UpstreamFailed, Overloaded, DeadlineExceeded):
            failed = True
            raise
        except asyncio.CancelledError:
            failed = True if clock.is_over else None  # else the caller has left, which tells nothing of the host
            raise
        finally:
            self.leave(probe=probe, failed=failed)

    def enter(self) -> bool:
        """Ask before a request is sent; tells whether it is the one that tries. ``leave`` follows.

        Raises:
            Overloaded: The breaker is open, and another request tries already, or none may yet.
        """
        if self._open_until is None:
            return False
        left_s = self._open_until - self._now()
        if left_s > 0 or self._probing:
            shed("breaker")
            words = f"{shown(self._host)} failed too often in the last {WINDOW_S} s; it is left alone for a moment."
            refusal = Overloaded(words, retry_after_s=max(1, math.ceil(left_s)))
            refusal.of_source = True
            raise refusal
        self._probing = True
        return True

    def leave(self, *, probe: bool, failed: bool | None) -> None:
        """Note how a request ended; None when it was given up, so that nothing is known of the host."""
        if probe:
            self._probing = False
        if failed is None:
            return
        if probe:
            self._open_until = self._now() + OPEN_S if failed else None
            return
        self._count(failed=failed)

    def _count(self, *, failed: bool) -> None:
        second = int(self._now())
        answers, failures = self._counts.get(second, (0, 0))
        self._counts[second] = answers + 1, failures + failed
        if not failed or self._open_until is not None:
            return
        self._counts = {then: counts for then, counts in self._counts.items() if then > second - WINDOW_S}
        asked, broken = (sum(each) for each in zip(*self._counts.values(), strict=True))
        if asked >= ASKED_MIN and broken >= FAILED_SHARE * asked:
            self._counts.clear()
            self._open_until = self._now() + OPEN_S


class Breakers:
    """The breakers of a process, made as hosts are asked."""

    def __init__(self) -> None:
        self._by_host: LRUCache[tuple[str, int], Breaker] = LRUCache(HOSTS_MAX)

    def of(self, url: HttpUrl) -> Breaker:
        """Give the breaker of a URL's host and port."""
        key = (url.host, url.port)
        breaker = self._by_host.get(key)
        if breaker is None:
            breaker = self._by_host[key] = Breaker(url.host)
        return breaker

    @property
    def open_count(self) -> int:
        """How many hosts are left alone now."""
        return sum(breaker.is_open for breaker in self._by_host.values())
