"""Numbers for Prometheus, summed over all workers of a server.

What happens often is counted in plain numbers and published by ``app.observe.pulse`` once a second: in a server of
several workers each change of one of the library's numbers is a write to a mapped file.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.observe.record import Record, current_record

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where the workers of one server keep their counters; the library looks at it when it is imported."""

MEDIA_TYPE = CONTENT_TYPE_LATEST

CacheName = Literal["answers", "items", "searches", "headers", "blocks", "heads"]
HostClass = Literal["trusted", "public"]
Shed = Literal["queue", "breaker", "closed", "connections"]

SECONDS = (0.005, 0.02, 0.1, 0.5, 2, 10)
"""Bounds of the histogram: a remembered tile, a warm one, a cold one near by or far away, a slow source, its limit."""

READS = Counter(
    "swath_reads",
    "Rasters that the fast driver read (cog), the warm-up's included, or left to the general one (gdal) because of "
    "file, overviews, projection, resampling or size.",
    ["driver", "reason"],
)
REQUESTS = Counter("swath_requests", "Requests answered, by template of the path and status.", ["route", "status"])
DURATION = Histogram(
    "swath_duration_seconds",
    "Time of a step of a request (the names of Server-Timing), and of the whole request (total).",
    ["stage"],
    buckets=SECONDS,
)
REFUSED = Counter("swath_refused", "Requests answered with a problem, by its type.", ["reason"])
DEADLINE_EXCEEDED = Counter("swath_deadline_exceeded", "Requests that took longer than their time.")
CLIENT_GONE = Counter("swath_client_gone", "Requests whose caller left before the answer (499 in the log).")
SHED = Counter(
    "swath_shed",
    "Times that work was refused to save the rest: queue full, a host's breaker open, closed, too many connections.",
    ["reason"],
)
UPSTREAM_REQUESTS = Counter(
    "swath_upstream_requests",
    "Requests sent to sources: trusted hosts (SWATH_ALLOW_HOSTS) or public ones; outcome is ok, gone (given up) or the "
    "type of the problem.",
    ["host_class", "outcome"],
)
UPSTREAM_BYTES = Counter("swath_upstream_bytes", "Bytes of sources' answers.")
CACHE_HITS = Counter("swath_cache_hits", "Values found in a cache.", ["cache"])
CACHE_MISSES = Counter("swath_cache_misses", "Values not found in a cache.", ["cache"])
CACHE_BYTES = Gauge("swath_cache_bytes", "Bytes in a cache, of all workers.", ["cache"], multiprocess_mode="livesum")
IN_FLIGHT = Gauge("swath_in_flight", "Requests being answered now, of all workers.", multiprocess_mode="livesum")
QUEUE_DEPTH = Gauge(
    "swath_queue_depth",
    "Requests that wait, for a place to read (reading) or a thread (cpu, patient, gdal).",
    ["queue"],
    multiprocess_mode="livesum",
)
BREAKER_STATE = Gauge(
    "swath_breaker_state",
    "Hosts that are left alone now because they failed, summed over workers.",
    multiprocess_mode="livesum",
)
RSS = Gauge("swath_rss_bytes", "Resident memory of a worker.", multiprocess_mode="liveall")
DESCRIPTORS = Gauge("swath_open_descriptors", "Open files and sockets of a worker.", multiprocess_mode="liveall")
LOOP_LAG = Gauge(
    "swath_loop_lag_seconds",
    "How late the event loop of a worker was at its last tick, one a second.",
    multiprocess_mode="liveall",
)

_SHARED = FOLDER_VARIABLE in os.environ


class CacheCount:
    """Hits and misses of one cache, as plain numbers; used from one event loop only.

    Args:
        size_bytes: Tells how much it holds.
    """

    __slots__ = ("_published", "hits", "misses", "name", "size_bytes")

    def __init__(self, name: CacheName, size_bytes: Callable[[], float]) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self.hits = 0
        self.misses = 0
        self._published = (0, 0)

    def hit(self, count: int = 1) -> None:
        """Count values that were there, for the request's record, too."""
        self.hits += count
        if (record := current_record()) is not None:
            record.cache_hits[self.name] = record.cache_hits.get(self.name, 0) + count

    def miss(self, count: int = 1) -> None:
        """Count values that were not."""
        self.misses += count

    def publish(self) -> None:
        """Tell Prometheus what came since the last time."""
        hits, misses = self._published
        CACHE_HITS.labels(self.name).inc(self.hits - hits)
        CACHE_MISSES.labels(self.name).inc(self.misses - misses)
        CACHE_BYTES.labels(self.name).set(self.size_bytes())
        self._published = self.hits, self.misses


class _Stage:
    """Times of one stage that are not published yet."""

    def __init__(self, name: str) -> None:
        self._histogram = DURATION.labels(name)
        self._counts = [0] * (len(SECONDS) + 1)
        self._sum_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(SECONDS, seconds)] += 1
        self._sum_s += seconds

    def publish(self) -> None:
        """Hand the numbers to the library, whose ``observe`` takes one value at a time."""
        counts, self._counts = self._counts, [0] * len(self._counts)
        spent_s, self._sum_s = self._sum_s, 0.0
        for bucket, count in zip(self._histogram._buckets, counts, strict=True):  # noqa: SLF001
            if count:
                bucket.inc(count)
        self._histogram._sum.inc(spent_s)  # noqa: SLF001


class _Tally:
    """What happens more often than it is published: plain numbers, of this process."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.stages: dict[str, _Stage] = {}
        self.upstream_bytes = 0
        self.requests: dict[tuple[str, int], int] = {}
        """By route and status."""

    def publish(self) -> None:
        """Hand what was counted since the last call on to Prometheus."""
        IN_FLIGHT.set(self.in_flight)
        requests, self.requests = self.requests, {}
        for (route, status), count in requests.items():
            REQUESTS.labels(route or "none", status).inc(count)
        for stage in self.stages.values():
            stage.publish()
        received, self.upstream_bytes = self.upstream_bytes, 0
        UPSTREAM_BYTES.inc(received)

    def add_time(self, name: str, spent_ms: float) -> None:
        stage = self.stages.get(name)
        if stage is None:
            stage = self.stages[name] = _Stage(name)
        stage.add(spent_ms / 1000)


_tally = _Tally()
_caches: dict[CacheName, CacheCount] = {}


def cache_count(name: CacheName, size_bytes: Callable[[], float]) -> CacheCount:
    """Give the numbers of a cache of this process, whose size is told by ``size_bytes`` from now on."""
    count = _caches.setdefault(name, CacheCount(name, size_bytes))
    count.size_bytes = size_bytes
    return count


def begin_request() -> None:
    """Count a request that has come; ``end_request`` follows."""
    _tally.in_flight += 1


def end_request(record: Record, total_ms: float) -> None:
    """Count a request as it has ended."""
    _tally.in_flight -= 1
    key = record.route, record.status
    _tally.requests[key] = _tally.requests.get(key, 0) + 1
    for stage, spent_ms in record.steps_ms.items():
        _tally.add_time(stage, spent_ms)
    _tally.add_time("total", total_ms)
    if record.problem:
        REFUSED.labels(record.problem).inc()
        if record.status == 504:
            DEADLINE_EXCEEDED.inc()
    if record.status == 499:
        CLIENT_GONE.inc()


def shed(reason: Shed) -> None:
    """Count work that was refused to save the rest."""
    SHED.labels(reason).inc()


def received(count: int) -> None:
    """Count bytes of a source's answer, for the request's record, too."""
    _tally.upstream_bytes += count
    if (record := current_record()) is not None:
        record.upstream_bytes += count


def publish(queues: Mapping[str, int], open_breakers: int) -> None:
    """Tell Prometheus what was counted, and how things stand now."""
    _tally.publish()
    for count in _caches.values():
        count.publish()
    for queue, length in queues.items():
        QUEUE_DEPTH.labels(queue).set(length)
    BREAKER_STATE.set(open_breakers)


def forget_process(pid: int | None) -> None:
    """Take the gauges of a worker that has ended out of the sums; its counters stay."""
    if _SHARED and pid is not None:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]  # prometheus_client has no types here


def exposition() -> bytes:
    """All numbers as text."""
    if not _SHARED:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client has no types here
    return generate_latest(registry)
