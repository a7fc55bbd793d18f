"""Does the server answer its probes meanwhile? Asked by a process of its own, which no large answer holds up."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

PAUSE_S = 0.02
PATIENCE_S = 10


@dataclass(slots=True)
class Probes:
    """Times of ``/livez`` in seconds, each on a connection of its own, so that every worker answers some."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def worst_ms(self) -> float:
        """The longest; without an answer, for ever; 0 when there was no time to ask."""
        if self.failed:
            return float("inf")
        return 1000 * max(self.seconds, default=0.0)

    def ask(self, host: str) -> None:
        """Ask once more."""
        connection, started = HTTPConnection(host, timeout=PATIENCE_S), time.monotonic()
        try:
            connection.request("GET", "/livez")
            self.failed += connection.getresponse().status != 200
            self.seconds.append(time.monotonic() - started)
        except (OSError, HTTPException):
            self.failed += 1
        finally:
            connection.close()


@contextmanager
def probing(base: str) -> Iterator[Probes]:
    """Ask ``/livez`` all the time while inside; what came back is known afterwards."""
    command = [sys.executable, "-m", "benchmarks.guards.probes", base.removeprefix("http://")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()  # it has begun
    probes = Probes()
    try:
        yield probes
    finally:
        told, _ = process.communicate(timeout=2 * PATIENCE_S)
        probes.seconds, probes.failed = json.loads(told)


def main(host: str) -> None:
    """Ask until the input ends, then print the times and the number of failures."""
    print("asking", flush=True)
    probes = Probes()
    while not select.select([sys.stdin], [], [], PAUSE_S)[0]:
        probes.ask(host)
    print(json.dumps([probes.seconds, probes.failed]))


if __name__ == "__main__":
    main(sys.argv[1])
