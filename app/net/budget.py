"""How much may this request still read, and how long? An allowance that travels with the request in a contextvar."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar

from app.errors import DeadlineExceeded, LimitExceeded

MIB = 1 << 20


class Budget:
    """Bytes and time that one request may spend; safe to charge from several threads.

    Args:
        megabytes: MiB that may be read.
        seconds: Time from now, after which nothing is read.
        kind: ``TILE``, ``CROP`` or ``SERIES``: the settings that move its limits are named after it.
    """

    __slots__ = ("_kind", "_lock", "_megabytes", "bytes_left", "deadline")

    def __init__(self, *, megabytes: float, seconds: float, kind: str) -> None:
        self.bytes_left = int(megabytes * MIB)
        self.deadline = time.monotonic() + seconds
        self._megabytes = megabytes
        self._kind = kind
        self._lock = threading.Lock()

    def remaining_s(self) -> float:
        """Seconds until the deadline; 0 when it has passed."""
        return max(0.0, self.deadline - time.monotonic())

    def check(self, wanted: int = 0) -> None:
        """Ask before reading ``wanted`` bytes.

        Raises:
            LimitExceeded: So many bytes are not left.
            DeadlineExceeded: The time is over.
        """
        if self.remaining_s() <= 0:
            raise self.late()
        if wanted > self.bytes_left:
            raise self._overspent()

    def charge(self, count: int) -> None:
        """Take ``count`` bytes that were read.

        Raises:
            LimitExceeded: More was read than allowed.
        """
        with self._lock:
            self.bytes_left -= count
        if self.bytes_left < 0:
            raise self._overspent()

    def stop(self) -> None:
        """End the allowance now, when the caller has left: the next read is refused."""
        self.deadline = 0.0

    def late(self) -> DeadlineExceeded:
        """Make the error of a deadline that has passed."""
        return DeadlineExceeded(
            f"Reading the sources took longer than an answer may take (SWATH_{self._kind}_DEADLINE_S)."
        )

    def _overspent(self) -> LimitExceeded:
        return LimitExceeded(
            f"This answer would read more than {self._megabytes:g} MiB from its sources"
            f" (SWATH_{self._kind}_BYTES_MB); ask for a smaller area, fewer assets or a coarser resolution."
        )


_CURRENT: ContextVar[Budget | None] = ContextVar("swath_budget", default=None)


def current_budget() -> Budget | None:
    """Give the allowance of this request; None (start, tests) means without limit."""
    return _CURRENT.get()


class spending:  # noqa: N801 -- entered like a function, as contextlib's own are
    """Charges everything that is read inside to ``budget``."""

    __slots__ = ("_budget", "_token")

    def __init__(self, budget: Budget | None) -> None:
        self._budget = budget

    def __enter__(self) -> None:
        self._token = _CURRENT.set(self._budget)

    def __exit__(self, *_: object) -> None:
        _CURRENT.reset(self._token)
