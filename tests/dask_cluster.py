"""A Dask cluster on loopback: a scheduler and workers as real processes, each on a free port."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
START_S = 60


@dataclass(slots=True)
class Cluster:
    """A running cluster.

    Attributes:
        address: As ``SWATH_DASK_SCHEDULER`` takes it.
        pid: Of the scheduler.
        workers: Without a nanny: one that is killed is gone.
    """

    address: str
    folder: Path
    pid: int = 0
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self) -> None:
        """Start one more worker, of one thread, and wait until the scheduler knows it."""
        options = ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder)]
        self.workers.append(_dask(self.folder, "worker", self.address, "--host", "127.0.0.1", *options))
        until(lambda: self.log.count("Registered to:") >= len(self.workers))

    @property
    def log(self) -> str:
        """What all of its processes have said."""
        return "".join(path.read_text() for path in self.folder.glob("*.log"))


@contextmanager
def dask_cluster(folder: Path, workers: int, **environment: str) -> Iterator[Cluster]:
    """Run a scheduler, with more in its environment, and workers while inside."""
    with ExitStack() as stack:
        options = [
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            str(folder / "scheduler"),
        ]
        scheduler = _dask(folder, "scheduler", *options, **environment)
        stack.callback(_end, scheduler)
        cluster = Cluster(address=_address(folder), folder=folder, pid=scheduler.pid)
        stack.callback(lambda: [_end(worker) for worker in cluster.workers])
        for _ in range(workers):
            cluster.add_worker()
        yield cluster


def _dask(folder: Path, *words: str, **environment: str) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
    with (folder / f"{words[0]}-{time.monotonic_ns()}.log").open("wb") as log:
        return subprocess.Popen(program, cwd=ROOT, stdout=log, stderr=log, env=os.environ | ONE_THREAD | environment)


ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")


def _address(folder: Path) -> str:
    path = folder / "scheduler"
    until(lambda: path.exists() and '"address"' in path.read_text())
    return path.read_text().split('"address": "')[1].split('"')[0]


def until(holds: Callable[[], object]) -> None:
    """Return when something holds."""
    deadline = time.monotonic() + START_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
