"""Run the server: one process, or several that each listen on a socket of their own.

Workers that share one listening socket do not share the work: with few clients that stay connected, one of two often
takes them all. With ``SO_REUSEPORT`` Linux deals connections out (socket(7)).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from tempfile import TemporaryDirectory

import click

from app.serve.address import Address
from app.serve.work import work

KILL_S = 18
"""A worker that still runs then is ended at once."""
PAUSE_S = 1.0
"""Before a worker that ended is replaced, so that one that cannot start does not take all of the machine."""
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where workers keep their counters, so that each can tell those of all (``app.observe.metrics``)."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)

if sys.platform == "linux":
    _processes = multiprocessing.get_context("fork")
else:  # elsewhere system libraries start threads of their own, which a fork does not survive
    _processes = multiprocessing.get_context("spawn")


def serve(address: Address, workers: int) -> int:
    """Serve until a signal ends it; gives the exit status."""
    if workers == 1:
        work(address)
        return 0
    with TemporaryDirectory(prefix="swath-metrics-") as folder:
        os.environ[METRICS_FOLDER] = folder
        # What the workers need is imported once; none of it starts a thread before the server runs.
        from app.observe.metrics import forget_process  # noqa: PLC0415

        forget_process(os.getpid())  # it serves nothing: gauges are those of workers
        return Supervisor(address, workers).run()


class Supervisor:
    """Starts the workers, replaces those that end, and ends them all on SIGTERM or SIGINT.

    When all have ended it ends too: whatever keeps this program running should know that it cannot work.
    """

    def __init__(self, address: Address, count: int) -> None:
        self._address = address
        self._count = count
        self._workers: list[BaseProcess] = []
        self._stopping = False
        self._woken, self._wake = socket.socketpair()
        # The sending end is closed when this process ends, however it ends; workers watch the other one.
        self._life = _processes.Pipe(duplex=False)

    def run(self) -> int:
        """Serve until a signal ends it; gives the exit status."""
        self._listen_for_signals()
        self._workers = [self._start() for _ in range(self._count)]
        while not self._stopping:
            wait([self._woken, *(worker.sentinel for worker in self._workers)])
            if not self._stopping:
                self._replace()
        return self._stop()

    def _listen_for_signals(self) -> None:
        """Let a signal end the waiting: Python's handlers alone would be called and the waiting go on."""
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno())
        for number in SIGNALS:
            signal.signal(number, self._note)

    def _note(self, *_: object) -> None:
        self._stopping = True

    def _start(self) -> BaseProcess:
        worker = _processes.Process(target=_run_worker, args=(self._address, *self._life))
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # one that comes now waits until the worker is itself
        try:
            worker.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        return worker

    def _replace(self) -> None:
        time.sleep(PAUSE_S)
        from app.observe.metrics import forget_process  # noqa: PLC0415 -- after the folder was named, see serve()

        ended = [worker for worker in self._workers if worker.exitcode is not None]
        for worker in ended:
            forget_process(worker.pid)
            click.echo(f"Worker {worker.pid} ended with status {worker.exitcode}.", err=True)
        self._stopping = self._stopping or len(ended) == self._count
        if self._stopping:
            return
        self._workers = [self._start() if worker in ended else worker for worker in self._workers]

    def _stop(self) -> int:
        """Let requests in flight end; gives 1 when a worker had ended by itself or had to be killed, else 0."""
        failed = any(worker.exitcode is not None for worker in self._workers)
        for worker in self._workers:
            worker.terminate()
        deadline = time.monotonic() + KILL_S
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
            if worker.exitcode is None:
                failed = True
                worker.kill()
        return int(failed)


def _run_worker(address: Address, life: Connection, held: Connection) -> None:
    held.close()
    threading.Thread(target=_end_with, args=(life,), daemon=True).start()
    signal.set_wakeup_fd(-1)  # the supervisor's
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    work(address)


def _end_with(supervisor: Connection) -> None:
    """End this worker when its supervisor has ended without a word: nobody else would."""
    with suppress(EOFError, OSError):
        supervisor.recv()
    os.kill(os.getpid(), signal.SIGTERM)
