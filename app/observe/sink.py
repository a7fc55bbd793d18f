"""Where do lines of the log go? To standard error, written by a thread, so that a slow reader stops no request."""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable

PAUSE_S = 0.1
"""Lines wait so long at most; those that come meanwhile are written in one go."""
LINES_MAX = 20_000
"""More do not wait for a reader that stands still: they are counted and dropped."""
CHUNK_BYTES = 64 * 1024
DRAIN_S = 1.0

Line = str | Callable[[], str]
"""Or what makes it, without an error: a hundred lines made together take a third of the time of a line a request."""


class Sink:
    """Writes lines to a file descriptor; the thread starts with the first line, in the process that writes it.

    Args:
        descriptor: Open for writing; 2 is standard error.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: deque[Line] = deque()
        self._lost = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._hurry = threading.Event()
        self._writing = False

    def write(self, line: Line) -> None:
        """Hand a line over; it has no line end. Never waits."""
        if len(self._lines) >= LINES_MAX:
            self._lost += 1
            return
        self._lines.append(line)
        if self._thread is None:
            self._begin()

    def drain(self) -> None:
        """Wait until all is written, a second at most: a reader that stands still holds up no end of the program."""
        self._hurry.set()
        deadline = time.monotonic() + DRAIN_S
        while (self._lines or self._writing) and time.monotonic() < deadline:
            time.sleep(0.002)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()
                atexit.register(self.drain)

    def _run(self) -> None:
        while True:
            self._hurry.wait(PAUSE_S)
            self._hurry.clear()
            self._writing = True
            self._flush()
            self._writing = False

    def _flush(self) -> None:
        while self._lines:
            self._send(self._take())
        if self._lost:
            lost, self._lost = self._lost, 0
            self._send(f"{lost} lines of the log were lost: nobody read them in time.\n".encode())

    def _take(self) -> bytes:
        """Take the next lines, some tens of KiB together."""
        taken: list[str] = []
        size = 0
        while self._lines and size < CHUNK_BYTES:
            line = self._lines.popleft()
            taken.append(line if isinstance(line, str) else line())
            size += len(taken[-1])
        return ("\n".join(taken) + "\n").encode("utf-8", "backslashreplace")

    def _send(self, body: bytes) -> None:
        try:
            while body:
                body = body[os.write(self._descriptor, body) :]
        except OSError:  # closed, or full and not waiting: there is nowhere to tell
            self._lines.clear()
