"""Swath and another form of it, by turns: what does a change cost, or save, and what do the guards cost?

A machine that others share is now faster, now slower, by half: a round is one pan, and only rounds that follow each
other are compared. Two starts of the same program differ by a few percent, as their memory happens to lie: there are
many, and how far their mean may be off is told.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import mean, median, stdev

from benchmarks.cases import Case, paths
from benchmarks.cost import measure_round
from benchmarks.place import BenchError
from benchmarks.servers import Bench
from benchmarks.tiles import Tile

HERE, THERE = range(2)
STARTS = 12
"""Of both, by turns in either order: whoever is started first may be dearer by 4 %."""
ROUNDS = 40
"""Of each start."""
SETTLE_S = 1.5
"""Fresh processes are dearer."""

Command = Sequence[str]
_FORM = [sys.executable, "-m", "benchmarks.unguarded"]
GUARDED: Command = [*_FORM, "guarded"]
"""This checkout, started as the next two are: how a program is started may make 2 %."""
UNGUARDED: Command = [*_FORM, "unguarded"]
SILENT: Command = [*_FORM, "silent"]
"""Without what is told of each request, besides."""


def measure_beside(bench: Bench, programs: tuple[Command, Command], case: Case, places: list[Tile]) -> dict[str, float]:
    """CPU per warm request here and there, in ms, and the mean ratio of all starts, with its standard error.

    Args:
        programs: The commands of both; an empty one is that of this checkout.
    """
    asked = paths(case, bench.item, places)
    orders = [(HERE, THERE), (THERE, HERE)] * (STARTS // 2)
    starts = [list(_measure_start(bench, programs, asked, order)) for order in orders]
    ratios = [median(cpu_ms[HERE] / cpu_ms[THERE] for cpu_ms in start) for start in starts]
    return {
        "here_ms": median(cpu_ms[HERE] for start in starts for cpu_ms in start),
        "there_ms": median(cpu_ms[THERE] for start in starts for cpu_ms in start),
        "ratio": mean(ratios),
        "error": stdev(ratios) / math.sqrt(len(ratios)),
    }


def find_swath(checkout: Path) -> list[str]:
    """The command of another checkout.

    Raises:
        BenchError: It has none.
    """
    program = checkout.resolve() / ".venv/bin/swath"
    if not program.is_file():
        raise BenchError(f"{program} is not there; type make setup in {checkout}")
    return [str(program)]


def _measure_start(
    bench: Bench, programs: tuple[Command, Command], asked: list[str], order: Sequence[int]
) -> Iterator[dict[int, float]]:
    """CPU per request of fresh processes, in ms: this Swath, and the other one, in each round."""
    with ExitStack() as stack:
        servers = {name: stack.enter_context(bench.start("swath", program=programs[name])) for name in order}
        for server in servers.values():
            measure_round(server, asked, at_least_s=SETTLE_S)
        for _ in range(ROUNDS):
            order = (*order[1:], order[0])
            yield {name: measure_round(servers[name], asked).cpu_ms for name in order}
