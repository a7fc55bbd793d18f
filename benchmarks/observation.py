"""What the log, the numbers and the id of a request cost, in microseconds: ``python -m benchmarks.observation``.

With ``PROMETHEUS_MULTIPROC_DIR`` set to an empty folder the numbers are those of a worker among several.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from timeit import timeit

from app.api.witness import server_timing, witnessing
from app.observe.ids import name_request
from app.observe.log import configure_logging, drain_log, log_request
from app.observe.metrics import begin_request, cache_count, end_request, publish
from app.observe.pulse import look_at_process
from app.observe.record import Record, recording

ROUNDS, CALLS = 5, 1000
SCOPE = {"type": "http", "method": "GET", "headers": [(b"host", b"x"), (b"user-agent", b"y"), (b"accept", b"*/*")]}
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def warm_tile(record: Record) -> None:
    """Let a record be that of a warm tile of three assets."""
    record.route, record.status, record.answered = "/{ds}/tiles/{z}/{x}/{y}", 200, True
    record.steps_ms = {"item": 0.1, "headers": 0.12, "read": 0.5, "finish": 1.1}


def measure(call: Callable[[], object]) -> float:
    """Microseconds of one call, in the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        best = min(best, timeit(call, number=CALLS) / CALLS * 1e6)
        drain_log()
    return best


def main() -> None:
    """Print one line a part."""
    configure_logging("json", "info")
    record = Record("a" * 32, "GET")
    warm_tile(record)
    counts = [cache_count("items", float), cache_count("headers", float), cache_count("blocks", float)]

    def count_caches() -> None:
        for count, times in zip(counts, (1, 3, 3), strict=True):
            for _ in range(times):
                count.hit(2)

    def count_request() -> None:
        begin_request()
        end_request(record, 1.9)

    def witness() -> None:
        with witnessing(dict(SCOPE)) as made:
            warm_tile(made)
            count_caches()
            server_timing(made)

    with recording(record):
        count_caches()
        parts = {
            "a new id": lambda: name_request(None, None),
            "the id of a trace": lambda: name_request(TRACE, None),
            "the line of the log": lambda: log_request(record, 1.9),
            "the numbers": count_request,
            "hits of caches": count_caches,
            "all of a warm tile": witness,
            "once a second: publishing": lambda: publish({"cpu": 0, "gdal": 0, "patient": 0, "reading": 0}, 0),
            "once a second: looking": look_at_process,
        }
        print("several workers" if "PROMETHEUS_MULTIPROC_DIR" in os.environ else "one worker")
        for name, call in parts.items():
            print(f"  {name:<28}{measure(call):6.1f} us")


if __name__ == "__main__":
    main()
