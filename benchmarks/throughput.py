"""Requests per second of a warm server, by clients and workers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from statistics import median
from typing import Any

from benchmarks.cases import Case, paths
from benchmarks.cost import percentile
from benchmarks.load import load
from benchmarks.options import Options
from benchmarks.process import Program
from benchmarks.servers import Bench
from benchmarks.tiles import Tile

WARM_UP = 2
"""Pans per worker before anything counts, over more connections than workers, so that each worker gets its share."""


def measure_throughput(bench: Bench, case: Case, places: list[Tile], options: Options) -> list[dict[str, Any]]:
    """One row per server, workers and clients."""
    asked, rows = paths(case, bench.item, places), []
    for workers in options.workers:
        with ExitStack() as stack:
            servers = {name: stack.enter_context(bench.start(name, workers=workers)) for name in bench.names}
            for server in servers.values():
                load(server.base, asked * (WARM_UP * workers), clients=8)
            for clients in options.clients:
                parts: dict[str, list[dict[str, float]]] = {name: [] for name in servers}
                for _ in range(options.slices):
                    for name, server in servers.items():
                        parts[name].append(_slice(server, asked, clients, options.slice_s))
                rows += [
                    {"server": name, "workers": workers, "clients": clients, **_middle(part)}
                    for name, part in parts.items()
                ]
    return rows


def _slice(server: Program, asked: Sequence[str], clients: int, seconds: float) -> dict[str, float]:
    before = server.cpu_ms()
    done = load(server.base, asked, clients=clients, seconds=seconds)
    return {
        "per_second": done.per_second,
        "p50_ms": percentile(done.wall_ms, 50),
        "p95_ms": percentile(done.wall_ms, 95),
        "cpu_ms": (server.cpu_ms() - before) / len(done.wall_ms),
    }


def _middle(parts: list[dict[str, float]]) -> dict[str, float]:
    return {key: median(part[key] for part in parts) for key in parts[0]}
