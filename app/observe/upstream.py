"""What is asked of sources: each request on the record of the one who caused it, and counted by how it ended."""

from __future__ import annotations

from types import TracebackType

from app.errors import SwathError
from app.observe.metrics import UPSTREAM_REQUESTS, HostClass
from app.observe.record import current_record


class Asking:
    """Counts one request that is sent inside, and how it ends.

    Args:
        host: Asked host; for the log, never for a metric: hosts are named by strangers.
        trusted: Whether the operator has named it.
    """

    __slots__ = ("_class", "_host")

    def __init__(self, host: str, *, trusted: bool) -> None:
        self._host = host
        self._class: HostClass = "trusted" if trusted else "public"

    def __enter__(self) -> None:
        if (record := current_record()) is not None:
            record.upstream_requests += 1
            record.upstream_hosts.add(self._host)

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        UPSTREAM_REQUESTS.labels(self._class, _outcome(error)).inc()


def _outcome(error: BaseException | None) -> str:
    if error is None:
        return "ok"
    return error.slug if isinstance(error, SwathError) else "gone"
