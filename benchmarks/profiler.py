"""Where a warm server spends its CPU: samples of all its threads, each weighed by the CPU time used since the last.

``python -m benchmarks.profiler PORT`` serves; SIGUSR1 forgets what was seen so far, SIGTERM ends it and prints. A
sampler disturbs numpy less than cProfile does, sees every thread, and does not count those that wait. What runs in
threads without Python (GDAL's, a Rust library's) is in no line. A sample is taken when the interpreter lock is free,
so what keeps the lock is charged to the function that lets it go.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from types import FrameType

import uvicorn

from benchmarks.cases import Case, paths
from benchmarks.load import load
from benchmarks.place import ROOT, cache_folder
from benchmarks.process import Program, free_port
from benchmarks.servers import Bench, swath_env
from benchmarks.tiles import pan

INTERVAL_S = 0.001
SHOWN = 30


class Sampler(threading.Thread):
    """Takes samples until the process ends."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.inside: dict[str, float] = defaultdict(float)
        """Seconds in a function alone."""
        self.below: dict[str, float] = defaultdict(float)
        """Seconds in a function and what it called."""
        self._started_s = time.process_time()
        self._clocks: dict[int, float] = {}

    def forget(self, *_: object) -> None:
        """Begin anew."""
        self.inside.clear()
        self.below.clear()
        self._started_s = time.process_time()

    def run(self) -> None:
        """Sample for ever."""
        while True:
            time.sleep(INTERVAL_S)
            for thread, frame in sys._current_frames().items():  # noqa: SLF001 -- the documented way to all threads
                if thread != self.ident:
                    self._weigh(thread, frame)

    def _weigh(self, thread: int, frame: FrameType) -> None:
        try:
            now = time.clock_gettime(time.pthread_getcpuclockid(thread))
        except OSError:  # it has just ended
            return
        used, self._clocks[thread] = now - self._clocks.get(thread, now), now
        if used > 0:
            names = _names(frame)
            self.inside[names[0]] += used
            for name in set(names):
                self.below[name] += used

    def show(self) -> None:
        """Print both rankings, in percent of the CPU time of the process."""
        total = time.process_time() - self._started_s
        seen = sum(self.inside.values())
        print(
            f"{total:.2f} s CPU; {100 * seen / total:.0f} % in Python's threads, the rest in others and in the sampler"
        )
        for title, seconds in (("in the function alone", self.inside), ("with what it calls", self.below)):
            print(f"\n{title}")
            for name, used in sorted(seconds.items(), key=lambda pair: -pair[1])[:SHOWN]:
                print(f"{100 * used / total:6.1f} %  {name}")


def profile(bench: Bench, case: Case, seconds: float = 10) -> str:
    """Serve one case warm for some seconds, and say where the CPU went."""
    port, asked = free_port(), paths(case, bench.item, pan())
    command = [sys.executable, "-m", "benchmarks.profiler", str(port)]
    with Program("profile", command, port, "/readyz", swath_env(bench.folder)) as server:
        load(server.base, asked * 2)
        os.kill(server.pids()[0], signal.SIGUSR1)
        time.sleep(0.1)
        before = server.cpu_ms()
        done = load(server.base, asked, seconds=seconds)
        cpu_ms = (server.cpu_ms() - before) / len(done.wall_ms)
    return f"{cpu_ms:.2f} ms CPU per request, sampler included\n" + (cache_folder() / "profile.log").read_text()


def _names(frame: FrameType | None) -> list[str]:
    """Functions from the innermost outwards, each with its file."""
    found = []
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        short = path.relative_to(ROOT) if path.is_relative_to(ROOT / "app") else Path(*path.parts[-2:])
        found.append(f"{short}:{frame.f_code.co_qualname}")
        frame = frame.f_back
    return found


def main(port: int) -> None:
    """Serve in this process until terminated, then print."""
    sys.setswitchinterval(INTERVAL_S / 2)
    sampler = Sampler()
    signal.signal(signal.SIGUSR1, sampler.forget)
    signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn raises it again when it has stopped
    sampler.start()
    config = uvicorn.Config("app.main:create_app", factory=True, port=port, log_level="warning", access_log=False)
    uvicorn.Server(config).run()
    sampler.show()


if __name__ == "__main__":
    main(int(sys.argv[1]))
