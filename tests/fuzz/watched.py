"""A real server in a process of its own; its memory, its time and its life are watched from outside (proc(5))."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.serving import free_port, wait_until_ready

PATIENCE_S = 45.0
"""How long an answer is waited for: longer than any deadline of the server."""
IDLE_WITHIN_S = 5.0
"""How long after its answer a request may keep a core busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One answer and what it took.

    Attributes:
        grown_mb: Peak of resident memory during the request, above what there was before.
        lasted_s: From the request to the last byte of the answer.
    """

    answer: requests.Response
    grown_mb: float
    lasted_s: float


@dataclass
class WatchedServer:
    """The handle that tests hold; used by one thread.

    Attributes:
        log: What the server wrote to its error stream.
    """

    base: str
    process: subprocess.Popen[str]
    log: Path
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def pid(self) -> int:
        """Of the process that answers: the last one that was forked, or the only one."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[-1]) if children else self.process.pid

    def ask(self, path: str, **query: Any) -> Observed:
        """Send one request and watch it.

        Raises:
            requests.RequestException: No answer came: the server has crashed or hangs.
        """
        return self.send(lambda session: session.get(self.base + path, params=query, timeout=PATIENCE_S))

    def send(self, call: Callable[[requests.Session], requests.Response]) -> Observed:
        """Make a call and watch it; raises as ``ask`` does."""
        before = self._memory_mb("VmRSS")
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        started = time.monotonic()
        answer = call(self.session)
        lasted_s = time.monotonic() - started
        return Observed(answer=answer, grown_mb=self._memory_mb("VmHWM") - before, lasted_s=lasted_s)

    def is_idle_soon(self) -> bool:
        """Whether the server stops computing soon; a thread that nobody waits for any more would go on."""
        deadline = time.monotonic() + IDLE_WITHIN_S
        while time.monotonic() < deadline:
            before = self._cpu_s()
            time.sleep(0.3)
            if self._cpu_s() - before < 0.1:
                return True
        return False

    def _memory_mb(self, what: str) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(what)).split()[1]) / 1024

    def _cpu_s(self) -> float:
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def watched(log: Path, *arguments: str, **environment: str) -> Iterator[WatchedServer]:
    """Serve with one worker while inside.

    Args:
        arguments: Of ``swath serve``.
        environment: ``SWATH_*`` settings.
    """
    port = free_port()
    command = [str(Path(sys.executable).with_name("swath")), "serve", "--workers", "1", "--port", str(port), *arguments]
    base = f"http://127.0.0.1:{port}"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as errors:
        process = subprocess.Popen(command, text=True, stderr=errors, stdout=errors, env={**os.environ, **environment})
        try:
            wait_until_ready(base, process)
            yield WatchedServer(base, process, log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=25)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
