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


class CannotStart(Exception):
    """A process ended before it was ready: the next one will, too."""


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
            CannotStart: It ended before it was ready.
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
        # A session of its own: Ctrl-C is for the one who gave the command, and he ends it. Unbuffered writing would
        # send a parcel in pieces.
        process = self._process = subprocess.Popen(
            [sys.executable, "-c", "from app.execute.child import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        )
        try:
            if self._killed or _receive(process) != READY:
                raise CannotStart
        except (EOFError, pickle.UnpicklingError) as error:
            raise CannotStart from error
        finally:
            if self._killed:
                process.kill()
        return process

    def _bury(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for end in (process.stdin, process.stdout):
            _close(end)
        process.wait()


def _environment() -> dict[str, str]:
    """The environment of a process that serves nobody: what it counts is not shared with those that do."""
    return {name: value for name, value in (ONE_THREAD | os.environ).items() if name != FOLDER_VARIABLE}


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
