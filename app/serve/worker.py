"""One worker as its supervisor sees it: a process, how long it has been silent, and what it asks for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from ctypes import Array, c_ulong
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawArray

if sys.platform == "linux":
    processes = multiprocessing.get_context("fork")
else:  # elsewhere system libraries start threads of their own, which a fork does not survive
    processes = multiprocessing.get_context("spawn")

SIGNALS = (signal.SIGTERM, signal.SIGINT)

SILENT_S = 10.0
"""An event loop that has not turned for so long is stuck."""

START_S = 600.0
"""A worker may take so long to be ready: the first one draws the sample catalogue."""

BEATS, RETIRES = range(2)
"""Places in what a worker and its supervisor share: how often its event loop has turned since it was ready, and
whether it asks to be replaced."""

Work = Callable[[Callable[[], None], Callable[[], None]], None]
"""What a worker does; it is given its beat, and what asks to be replaced."""


class Worker:
    """A process at work.

    Args:
        work: What it does.
        life: A pipe whose second end the supervisor holds while it lives.
    """

    def __init__(self, work: Work, life: tuple[Connection, Connection]) -> None:
        self._shared: Array[c_ulong] = RawArray("L", 2)
        self._seen = 0
        self._silent_s = 0.0
        self.is_judged = False
        """Whether it was killed because it was silent."""
        self.process = processes.Process(target=_run, args=(work, self._shared, *life))
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # one that comes now waits until the worker is itself
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    @property
    def pid(self) -> int | None:
        """Process id."""
        return self.process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.exitcode is not None

    @property
    def is_ready(self) -> bool:
        """Whether it has ever taken requests."""
        return self._shared[BEATS] > 0

    @property
    def retires(self) -> bool:
        """Whether it asks to be replaced."""
        return bool(self._shared[RETIRES])

    def look(self, seconds: float) -> None:
        """Note that the supervisor has looked at it for so long.

        Silence is counted in the supervisor's own time: when all are frozen together, nobody was silent.
        """
        beats = self._shared[BEATS]
        self._silent_s = 0.0 if beats != self._seen else self._silent_s + seconds
        self._seen = beats

    @property
    def is_stuck(self) -> bool:
        """Whether it has been silent for longer than its work explains."""
        return self._silent_s > (SILENT_S if self.is_ready else START_S)


def _run(work: Work, shared: Array[c_ulong], life: Connection, held: Connection) -> None:
    held.close()
    threading.Thread(target=_end_with, args=(life,), daemon=True).start()
    signal.set_wakeup_fd(-1)  # the supervisor's
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def beat() -> None:
        shared[BEATS] += 1

    def retire() -> None:
        shared[RETIRES] = 1

    work(beat, retire)


def _end_with(supervisor: Connection) -> None:
    """End this worker when its supervisor has ended without a word: nobody else would."""
    with suppress(EOFError, OSError):
        supervisor.recv()
    os.kill(os.getpid(), signal.SIGTERM)
