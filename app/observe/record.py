"""What does one request cost, and how does it end? A record that travels with it in a contextvar.

Work that several requests share is on the record of the one that caused it: of the first caller.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Record:
    """What is known of one request; written from the event loop only.

    Args:
        request_id: Names the request in the answer and in the log.
        method: As sent.

    Attributes:
        start: ``time.perf_counter()`` when it came.
        route: Template of the path, ``/{ds}/info``; empty where no route matches.
        status: Of the answer; 0 before it is known.
        answered: Whether the answer was given whole.
        problem: Slug of the problem that was answered.
        error: What the problem was made of, or the bug.
        steps_ms: Name to milliseconds, in order of their end.
        upstream_hosts: Hosts that were asked.
        upstream_requests: Requests sent to them, second tries and redirects counted.
        upstream_bytes: Bytes of their answers.
        cache_hits: Cache to values found in it.
        key_id: Name of the caller's key.
    """

    __slots__ = (
        "answered",
        "cache_hits",
        "error",
        "id",
        "key_id",
        "method",
        "problem",
        "route",
        "start",
        "status",
        "steps_ms",
        "upstream_bytes",
        "upstream_hosts",
        "upstream_requests",
    )

    def __init__(self, request_id: str, method: str) -> None:
        self.id = request_id
        self.method = method
        self.start = time.perf_counter()
        self.route = ""
        self.status = 0
        self.answered = False
        self.problem = ""
        self.error: BaseException | None = None
        self.steps_ms: dict[str, float] = {}
        self.upstream_hosts: set[str] = set()
        self.upstream_requests = 0
        self.upstream_bytes = 0
        self.cache_hits: dict[str, int] = {}
        self.key_id: str | None = None

    def elapsed_ms(self) -> float:
        """Milliseconds since it came."""
        return (time.perf_counter() - self.start) * 1000

    def fail(self, slug: str, error: BaseException) -> None:
        """Note the problem that is answered; of several the first, which is the cause."""
        if not self.problem:
            self.problem, self.error = slug, error


_CURRENT: ContextVar[Record | None] = ContextVar("swath_record", default=None)

current_record = _CURRENT.get
"""Give the record of this request; None at start and in tests of single parts."""


@contextmanager
def recording(record: Record | None) -> Iterator[None]:
    """Put everything that happens inside on this record."""
    token = _CURRENT.set(record)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def carry_on(record: Record | None) -> None:
    """Put everything that happens from now on in this context, that of a shared call, on this record."""
    _CURRENT.set(record)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Add the time spent inside to the step ``name`` of this request."""
    start = time.perf_counter()
    try:
        yield
    finally:
        record = _CURRENT.get()
        if record is not None:
            steps = record.steps_ms
            steps[name] = steps.get(name, 0.0) + (time.perf_counter() - start) * 1000
