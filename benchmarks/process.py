"""Start a program, tell what it and its children have used, and end it: always by pid. Linux only (``/proc``)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.place import ROOT, BenchError, cache_folder

START_S = 60
STOP_S = 10
MIB = 1024**2


class Program:
    """A program with a web server on a loopback port of its own; use it as a context manager."""

    def __init__(self, name: str, command: Sequence[str], port: int, ready: str, env: Mapping[str, str]) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.name = name
        self.log = cache_folder() / f"{name}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **env}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self._wait(self.base + ready)
        except BaseException:
            self.stop()
            raise
        self.start_ms = self.cpu_ms()
        """CPU used until it was ready."""

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the program and its children, kindly first."""
        pids = self.pids()
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            for pid in pids:
                _kill(pid)
            self._process.wait(STOP_S)

    def pids(self) -> list[int]:
        """Its process and all descendants."""
        found = [self._process.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in _read(children).split()]
        return found

    def cpu_ms(self) -> float:
        """User and system time of all its processes so far, ended threads included.

        ``/proc/PID/stat`` counts in steps of 10 ms, too coarse for requests of 0.3 ms. The CPU clock of one counts
        in ns: ``clock_getcpuclockid(3)`` makes its name of the inverted pid, shifted, and 2 for the scheduler's clock.
        """
        return sum(1000 * time.clock_gettime((~pid << 3) | 2) for pid in self.pids())

    def memory_mb(self) -> float:
        """Resident memory of all its processes, in MiB; a page that they share counts in each."""
        texts = [_read(Path(f"/proc/{pid}/status")) for pid in self.pids()]
        sizes = [line.split()[1] for text in texts for line in text.splitlines() if line.startswith("VmRSS:")]
        return sum(int(size) for size in sizes) * 1024 / MIB

    def _wait(self, url: str) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise BenchError(f"{self.name} did not start; the end of {self.log}:\n{self.log.read_text()[-800:]}")


def free_port() -> int:
    """A port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended
        return ""
