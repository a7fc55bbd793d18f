"""How much may this request still read, and how long? An allowance that travels with the request in a contextvar."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Self

from app.errors import DeadlineExceeded, LimitExceeded

MIB = 1 << 20


class Budget:
    """Bytes and time that one request may spend; safe to charge from several threads.

    Args:
        bytes_left: Bytes that may be read.
        deadline: ``time.monotonic()`` after which nothing is read.
        bytes_setting: Setting that moves the first limit, for the message.
        deadline_setting: Setting that moves the second.
    """

    __slots__ = ("_bytes_limit", "_bytes_setting", "_deadline_setting", "_lock", "bytes_left", "deadline")

    def __init__(
        self,
        bytes_left: int,
        deadline: float,
        *,
        bytes_setting: str = "SWATH_TILE_BYTES_MB",
        deadline_setting: str = "SWATH_TILE_DEADLINE_S",
    ) -> None:
        self.bytes_left = bytes_left
        self.deadline = deadline
        self._bytes_limit = bytes_left
        self._bytes_setting = bytes_setting
        self._deadline_setting = deadline_setting
        self._lock = threading.Lock()

    @classmethod
    def of(cls, *, megabytes: float, seconds: float, setting: str) -> Self:
        """Start an allowance now.

        Args:
            megabytes: MiB that may be read.
            seconds: Time from now.
            setting: Name of the first limit's setting, such as ``SWATH_CROP_BYTES_MB``; the second's is named alike.
        """
        return cls(
            int(megabytes * MIB),
            time.monotonic() + seconds,
            bytes_setting=setting,
            deadline_setting=setting.replace("_BYTES_MB", "_DEADLINE_S"),
        )

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
        return DeadlineExceeded(f"Reading the sources took longer than an answer may take ({self._deadline_setting}).")

    def _overspent(self) -> LimitExceeded:
        return LimitExceeded(
            f"This answer would read more than {self._bytes_limit / MIB:g} MiB from its sources"
            f" ({self._bytes_setting}); ask for a smaller area, fewer assets or a coarser resolution."
        )


_CURRENT: ContextVar[Budget | None] = ContextVar("swath_budget", default=None)


def current_budget() -> Budget | None:
    """Give the allowance of this request; None (start, tests) means without limit."""
    return _CURRENT.get()


@contextmanager
def spending(budget: Budget | None) -> Iterator[None]:
    """Charge everything that is read inside to ``budget``."""
    token = _CURRENT.set(budget)
    try:
        yield
    finally:
        _CURRENT.reset(token)
