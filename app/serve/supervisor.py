"""Keeps the workers at work: replaces those that end or are stuck, and ends them all when it is told to.

Workers that share one listening socket do not share the work: with few clients that stay connected, one of two often
takes them all. With ``SO_REUSEPORT`` Linux deals connections out (socket(7)).
"""

from __future__ import annotations

import os
import signal
import socket
import time
from multiprocessing.connection import wait

import click

from app.observe.metrics import forget_process
from app.serve.worker import SIGNALS, Work, Worker, processes

LOOK_S = 0.5
"""How often it looks at the workers, at least."""

FAILURES_MAX = 5
"""So many times in a row workers ended before any was ready: the next one will, too."""

PAUSE_FIRST_S, PAUSE_MAX_S = 0.5, 30.0
"""Between the ends of workers and their successors: none at the first, then twice as long each time."""

CALM_S = 60.0
"""After so long without an end, the next one is the first again."""


class Supervisor:
    """Starts workers, and looks after them until a signal comes.

    Args:
        work: What each does.
        count: How many.
        hard_stop_s: When a worker that was told to end is gone by itself, whatever it does.
    """

    def __init__(self, work: Work, count: int, hard_stop_s: float) -> None:
        self._work = work
        self._count = count
        self._hard_stop_s = hard_stop_s
        self._workers: list[Worker] = []
        self._successor: Worker | None = None
        """Takes the place of the one that retires, when it is ready."""
        self._leaving: list[Worker] = []
        """Those that were told to end, and have requests in flight."""
        self._stopping = False
        self._failures = 0
        self._ends = 0
        self._calm_at = self._next_start = 0.0
        self._woken, self._wake = socket.socketpair()
        # The sending end is closed when this process ends, however it ends; workers watch the other one.
        self._life = processes.Pipe(duplex=False)

    def run(self) -> int:
        """Serve until a signal ends it; gives the exit status."""
        self._listen_for_signals()
        looked = time.monotonic()
        while not self._stopping and self._failures < FAILURES_MAX:
            self._fill()
            wait([self._woken, *(worker.process.sentinel for worker in self._all())], LOOK_S)
            now = time.monotonic()
            self._look(min(now - looked, 2 * LOOK_S))
            looked = now
        return self._stop()

    def _listen_for_signals(self) -> None:
        """Let a signal end the waiting: Python's handlers alone would be called and the waiting go on."""
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno())
        for number in SIGNALS:
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: object) -> None:
        if self._stopping and number == signal.SIGINT:  # Ctrl-C again
            for worker in self._all():
                worker.process.kill()
            os._exit(128 + number)
        self._stopping = True

    def _all(self) -> list[Worker]:
        return self._workers + self._leaving + ([self._successor] if self._successor else [])

    def _fill(self) -> None:
        """Start those that are missing, when it is time."""
        if time.monotonic() >= self._next_start:
            while len(self._workers) < self._count:
                self._workers.append(self._start())

    def _start(self) -> Worker:
        return Worker(self._work, self._life)

    def _look(self, seconds: float) -> None:
        for worker in self._all():
            worker.look(seconds)
            if worker.is_stuck and not worker.is_judged:
                worker.is_judged = True
                click.echo(f"Worker {worker.pid} does nothing any more, and is killed.", err=True)
                worker.process.kill()
        if any(worker.is_ready for worker in self._workers):
            self._failures = 0
        if not self._stopping:
            self._bury()
            self._retire()

    def _bury(self) -> None:
        """Take leave of those that ended."""
        ended = [worker for worker in self._all() if worker.has_ended]
        unasked = [worker for worker in ended if worker not in self._leaving]
        for worker in ended:
            self._forget(worker)
        for worker in unasked:
            click.echo(f"Worker {worker.pid} ended with status {worker.process.exitcode}.", err=True)
        if unasked:
            self._failures += not any(worker.is_ready for worker in unasked)
            self._put_off()

    def _forget(self, worker: Worker) -> None:
        forget_process(worker.pid)
        if worker is self._successor:
            self._successor = None
        else:
            (self._leaving if worker in self._leaving else self._workers).remove(worker)

    def _retire(self) -> None:
        """Replace one that asks for it, one at a time: its successor is ready before it is told to end."""
        if self._leaving:
            return
        retiring = next((worker for worker in self._workers if worker.retires), None)
        if self._successor is None:
            if retiring is not None and time.monotonic() >= self._next_start:
                self._successor = self._start()
        elif self._successor.is_ready or retiring is None:  # None: it has ended by itself
            self._take_over(retiring, self._successor)

    def _take_over(self, retiring: Worker | None, successor: Worker) -> None:
        self._workers.append(successor)
        self._successor = None
        if retiring is not None:
            click.echo(f"Worker {retiring.pid} retires; worker {successor.pid} takes its place.", err=True)
            self._workers.remove(retiring)
            self._leaving.append(retiring)
            retiring.process.terminate()
            self._put_off()  # where each successor asks at once, too, they change less and less often

    def _put_off(self) -> None:
        """Let the next start wait, longer with each end or change that follows another."""
        now = time.monotonic()
        self._ends = self._ends + 1 if now < self._calm_at else 0
        self._calm_at = now + CALM_S
        if self._ends:
            self._next_start = now + min(PAUSE_FIRST_S * 2 ** (self._ends - 1), PAUSE_MAX_S)

    def _stop(self) -> int:
        """Let requests in flight end; gives 1 when the workers could not work or one had to be killed, else 0."""
        failed = not self._stopping
        self._stopping = True
        for worker in self._all():
            worker.process.terminate()
        deadline = time.monotonic() + self._hard_stop_s
        for worker in self._all():
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if not worker.has_ended:
                failed = True
                worker.process.kill()
        return int(failed)
