"""CPU per request, cold and warm: fresh servers for every case, then both by turns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.cases import Case, paths
from benchmarks.compare import alike
from benchmarks.load import Load, ask, load
from benchmarks.options import Options
from benchmarks.process import Program
from benchmarks.servers import Bench
from benchmarks.tiles import Tile

REPEATS_MAX = 200
"""Pans in one warm round, at most."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one server."""

    cpu_ms: float
    """Per request."""
    wall_ms: list[float]


def measure_case(bench: Bench, case: Case, places: list[Tile], options: Options) -> dict[str, Any]:
    """Cold and warm figures of each server, and how alike their answers are."""
    asked = paths(case, bench.item, places)
    cold: dict[str, list[Round]] = {name: [] for name in bench.names}
    for _ in range(options.starts - 1):
        with ExitStack() as stack:
            _measure_cold(_start(bench, stack), asked, cold)
    with ExitStack() as stack:
        servers = _start(bench, stack)
        _measure_cold(servers, asked, cold)
        # The second pan is not counted: it may still fill what the first one only began.
        answers = [[ask(server.base, path) for path in asked] for server in servers.values()]
        warm = _measure_warm(servers, asked, options)
        memory = {name: server.memory_mb() for name, server in servers.items()}
    found: dict[str, Any] = {
        name: {
            "start_ms": server.start_ms,
            "cold": summary(cold[name]),
            "warm": summary(warm[name]),
            "memory_mb": memory[name],
        }
        for name, server in servers.items()
    }
    return found if len(answers) < 2 else {**found, "alike": alike(case, *answers)}


def measure_round(server: Program, asked: Sequence[str], at_least_s: float = 0) -> Round:
    """Ask for all once, and again until enough time has passed: one client, one after the other."""
    before, total = server.cpu_ms(), Load()
    for _ in range(REPEATS_MAX):
        part = load(server.base, asked)
        total.wall_ms += part.wall_ms
        total.seconds += part.seconds
        if total.seconds >= at_least_s:
            break
    return Round((server.cpu_ms() - before) / len(total.wall_ms), total.wall_ms)


def summary(rounds: list[Round]) -> dict[str, float]:
    """CPU of the median round, of the best and of the worst; wall times over all rounds."""
    cpu = [one.cpu_ms for one in rounds]
    wall = [ms for one in rounds for ms in one.wall_ms]
    return {
        "cpu_ms": median(cpu),
        "cpu_ms_min": min(cpu),
        "cpu_ms_max": max(cpu),
        "p50_ms": percentile(wall, 50),
        "p95_ms": percentile(wall, 95),
        "requests": len(wall),
    }


def percentile(values: Iterable[float], percent: float) -> float:
    """The value below which so many percent lie (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * percent / 100))]


def _start(bench: Bench, stack: ExitStack) -> dict[str, Program]:
    return {name: stack.enter_context(bench.start(name)) for name in bench.names}


def _measure_cold(servers: dict[str, Program], asked: Sequence[str], rounds: dict[str, list[Round]]) -> None:
    for name, server in servers.items():
        rounds[name].append(measure_round(server, asked))


def _measure_warm(servers: dict[str, Program], asked: Sequence[str], options: Options) -> dict[str, list[Round]]:
    rounds: dict[str, list[Round]] = {name: [] for name in servers}
    for _ in range(options.rounds):
        for name, server in servers.items():
            rounds[name].append(measure_round(server, asked, at_least_s=options.round_s))
    return rounds
