"""Requests that a server makes of its upstream, and how long its caller waits when each of them takes 50 ms."""

from __future__ import annotations

from dataclasses import asdict
from statistics import median
from typing import Any

from benchmarks.cases import CASES, paths
from benchmarks.load import load
from benchmarks.options import Options
from benchmarks.process import Program
from benchmarks.servers import Bench
from benchmarks.tiles import pan
from benchmarks.upstream import Upstream, traffic, upstream

AT_ONCE = 20


def measure_http(bench: Bench, options: Options) -> dict[str, dict[str, Any]]:
    """Traffic of true colour tiles, and the wall times of a pan, for each server; a fresh one for each question."""
    result: dict[str, dict[str, Any]] = {name: {} for name in bench.names}
    with upstream(bench.folder) as source:
        source.set_latency(options.latency_ms)
        for name, found in result.items():
            tiles = paths(CASES["a"], source.url("/item.json"), pan())
            one = tiles[len(tiles) // 2 : len(tiles) // 2 + 1]
            with bench.start(name, upstream=source.host) as server:
                found["cold tile"] = _traffic(server, source, one)
                found["same tile again"] = _traffic(server, source, one)
            with bench.start(name, upstream=source.host) as server:
                found["cold pan"] = _traffic(server, source, tiles)
                found["same pan again"] = _traffic(server, source, tiles)
            with bench.start(name, upstream=source.host) as server:
                found[f"{AT_ONCE} equal at once"] = _traffic(server, source, one * AT_ONCE, clients=AT_ONCE)
    return result


def _traffic(server: Program, source: Upstream, asked: list[str], clients: int = 1) -> dict[str, float]:
    source.take()
    done = load(server.base, asked, clients=clients)
    later = done.wall_ms[1:] or done.wall_ms
    return {
        **asdict(traffic(source.take())),
        "first_ms": done.wall_ms[0],
        "median_ms": median(later),
        "max_ms": max(later),
    }
