"""One process of the pool, as its owner sees it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Any

from app.execute.child import READY
from app.execute.executor import WorkerLost
from app.execute.parcel import Outcome, Parcel
from app.observe.metrics import FOLDER_VARIABLE

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
"""More cores are used by more processes."""


STARTS = 2
"""A process that ends before it is ready may have met the killer of a machine short of memory: one more is started."""


class CannotStart(Exception):
    """Processes end before they are ready: the next one will, too."""


class Lane:
    """A process that is started when it is needed; calls wait for it, one at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    @property
    def pid(self) -> int | None:
        """Process id; None before it is started."""
        return self._process.pid if self._process else None

    def work_off(self, parcel: Parcel) -> Sequence[Outcome]:
        """Have a parcel worked off.

        Raises:
            WorkerLost: The process ended; the next call starts another.
            CannotStart: It ended before it was ready, and so did the next one.
        """
        process = self._process or self._start()
        try:
            _send(process, parcel)
            outcomes: Sequence[Outcome] = _receive(process)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self._bury()
            raise WorkerLost from error
        return outcomes

    def kill(self) -> None:
        """End the process now; from any thread. A call under way raises ``WorkerLost``, and none may follow."""
        self._killed = True
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the process, and wait until it is gone."""
        self.kill()
        self._bury()

    def _start(self) -> subprocess.Popen[bytes]:
        for _ in range(STARTS):
            process = self._process = _begin()
            if self._killed:  # while there was no process to kill
                process.kill()
            if _is_ready(process):
                return process
            self._bury()
            if self._killed:
                break
        raise CannotStart

    def _bury(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for end in (process.stdin, process.stdout):
            _close(end)
        process.wait()


def _begin() -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C is for the one who gave the command, and he ends it. Unbuffered writing would send a
    # parcel in pieces.
    return subprocess.Popen(
        [sys.executable, "-c", "from app.execute.child import main; main()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    """The environment of a process that serves nobody: what it counts is not shared with those that do."""
    return {name: value for name, value in (ONE_THREAD | os.environ).items() if name != FOLDER_VARIABLE}


def _is_ready(process: subprocess.Popen[bytes]) -> bool:
    """Wait until it says so, or ends."""
    try:
        return bool(_receive(process) == READY)
    except (EOFError, pickle.UnpicklingError):
        return False


def _send(process: subprocess.Popen[bytes], parcel: Parcel) -> None:
    assert process.stdin is not None
    pickle.dump(parcel, process.stdin)
    process.stdin.flush()


def _receive(process: subprocess.Popen[bytes]) -> Any:
    assert process.stdout is not None
    return pickle.load(process.stdout)  # noqa: S301 -- from a process of our own


def _close(end: IO[bytes] | None) -> None:
    try:
        if end is not None:
            end.close()
    except BrokenPipeError:  # what was not sent any more
        pass
