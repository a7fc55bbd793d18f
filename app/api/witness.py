"""What is told of every request: its id, its times in the answer, its line in the log, its part of the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Scope

from app.errors import InternalError
from app.observe.ids import name_request
from app.observe.log import log_request
from app.observe.metrics import begin_request, end_request
from app.observe.record import Record, recording

GONE = 499
"""Status, in log and metrics only, of a request whose caller left before the answer was complete."""


@contextmanager
def witnessing(scope: Scope) -> Iterator[Record]:
    """Record what happens to a request inside, and tell of it at the end."""
    given: dict[bytes, bytes] = dict(scope["headers"])
    record = Record(name_request(given.get(b"traceparent"), given.get(b"x-request-id")), scope["method"])
    scope.setdefault("state", {})["request_id"] = record.id
    begin_request()
    try:
        with recording(record):
            yield record
    finally:
        if not record.answered:
            record.status = InternalError.status if record.problem == InternalError.slug else GONE
        total_ms = record.elapsed_ms()
        end_request(record, total_ms)
        log_request(record, total_ms)
        record.error = None  # its traceback holds the frames that hold the record


def template_of(scope: Scope) -> str:
    """The path of the route that was found, with its parameters in braces; empty when none was."""
    route = scope.get("route")
    return getattr(route, "path_format", "")


def server_timing(record: Record) -> str:
    """The ``Server-Timing`` header: the steps so far, and all time so far."""
    steps = "".join(f"{name};dur={spent:.1f}, " for name, spent in record.steps_ms.items())
    return f"{steps}total;dur={record.elapsed_ms():.1f}"
