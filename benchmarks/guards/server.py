"""The server under test, and what the kernel knows of it: processes, memory, sockets."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.place import BenchError
from benchmarks.process import MIB, Program, free_port

LISTEN = "0A"
START_S = 30


@dataclass(frozen=True, slots=True)
class Server:
    """``swath serve`` in processes of its own."""

    program: Program
    port: int

    @property
    def base(self) -> str:
        """URL without a trailing slash."""
        return self.program.base

    def workers(self) -> list[int]:
        """Process ids of the workers; of one worker, that is the server itself."""
        pids = self.program.pids()
        return pids[1:] or pids

    def listening(self) -> set[int]:
        """Workers that listen on the port."""
        inodes = {row.inode for row in tcp() if row.local_port == self.port and row.state == LISTEN}
        return {pid for pid in self.workers() if inodes & sockets(pid)}

    def wait_for_workers(self, count: int) -> None:
        """Return when so many workers listen."""
        deadline = time.monotonic() + START_S
        while len(self.listening()) < count:
            if time.monotonic() > deadline:
                raise BenchError(f"{count} workers did not listen within {START_S} s")
            time.sleep(0.02)

    def holds(self, client_ports: set[int]) -> set[int]:
        """Those of the clients' connections that the server has not closed; a closed one has no owner."""
        rows = tcp()
        return {row.remote_port for row in rows if row.local_port == self.port and row.inode} & client_ports

    def memory_mb(self) -> dict[int, float]:
        """Resident memory by worker, in MiB."""
        return {pid: _status_mb(pid, "VmRSS") for pid in self.workers()}

    def forget_peaks(self) -> None:
        """Begin to look for the peak of resident memory anew."""
        for pid in self.workers():
            with suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text("5")

    def grown_mb(self, before: dict[int, float]) -> float:
        """How far the peaks of all workers together are above ``before``."""
        return sum(max(0.0, _status_mb(pid, "VmHWM") - before.get(pid, 0.0)) for pid in self.workers())


@contextmanager
def serving(allow_hosts: str, workers: int = 2, **env: str) -> Iterator[Server]:
    """Run a server while inside; ``env`` are further settings, without their prefix."""
    port = free_port()
    swath = Path(sys.executable).with_name("swath")
    command = [str(swath), "serve", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    settings = {"SWATH_ALLOW_HOSTS": allow_hosts, **{f"SWATH_{name}": value for name, value in env.items()}}
    with Program("guards-swath", command, port, "/readyz", settings) as program:
        server = Server(program, port)
        server.wait_for_workers(workers)
        time.sleep(1)  # the last one to listen warms up, too
        yield server


@dataclass(frozen=True, slots=True)
class Tcp:
    """One line of ``/proc/net/tcp``; ``inode`` is 0 when no process has the socket any more."""

    local_port: int
    remote_port: int
    state: str
    inode: int


def tcp() -> list[Tcp]:
    """Every IPv4 socket of this machine."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [Tcp(int(line[1][-4:], 16), int(line[2][-4:], 16), line[3], int(line[9])) for line in lines]


def sockets(pid: int) -> set[int]:
    """Inodes of the sockets that a process has open."""
    found = set()
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                target = str(link.readlink())
                if target.startswith("socket:["):
                    found.add(int(target[8:-1]))
    return found


def _status_mb(pid: int, name: str) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024 / MIB
    return 0.0
