"""Swath and another form of it, by turns: what does a change cost, or save, and what do the guards cost?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import permutations
from pathlib import Path
from statistics import median

from benchmarks.cases import Case, paths
from benchmarks.cost import measure_round
from benchmarks.place import BenchError
from benchmarks.servers import Bench
from benchmarks.tiles import Tile

HERE, THERE, TWIN = range(3)
ORDERS = tuple(permutations((HERE, THERE, TWIN)))
"""In which fresh processes of each are started, once in every order: whoever comes first may be dearer by 4 %."""
ROUNDS = 10
"""Of each start. Differences of a few percent are asked for, and single rounds differ by as much."""
ROUND_S = 0.5
"""Short, so that a machine that gets warmer or busier does so for all alike."""

UNGUARDED = [sys.executable, "-m", "benchmarks.unguarded"]
"""The command of this checkout without its guards."""
SILENT = [*UNGUARDED, "silent"]
"""Without what is told of each request, besides."""


def measure_beside(bench: Bench, other: Sequence[str], case: Case, places: list[Tile]) -> dict[str, float]:
    """CPU per warm request here and there, in ms, and the median ratio of rounds that follow each other.

    ``itself`` is the ratio of this Swath to another start of itself, in the same rounds: what of a ratio is chance.
    """
    asked = paths(case, bench.item, places)
    rounds = [each for order in ORDERS for each in _measure_start(bench, other, asked, order)]
    return {
        "here_ms": median(cpu_ms[HERE] for cpu_ms in rounds),
        "there_ms": median(cpu_ms[THERE] for cpu_ms in rounds),
        "ratio": median(cpu_ms[HERE] / cpu_ms[THERE] for cpu_ms in rounds),
        "itself": median(cpu_ms[HERE] / cpu_ms[TWIN] for cpu_ms in rounds),
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
    bench: Bench, other: Sequence[str], asked: list[str], order: Sequence[int]
) -> Iterator[dict[int, float]]:
    """CPU per request of fresh processes, in ms: this Swath, the other one, this one again, in each round."""
    programs: dict[int, Sequence[str]] = {HERE: (), THERE: other, TWIN: ()}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(bench.start("swath", program=programs[name])) for name in order}
        for server in servers.values():
            measure_round(server, asked, at_least_s=ROUND_S)
        for _ in range(ROUNDS):
            order = (*order[1:], order[0])  # the machine gets warmer or busier in between
            yield {name: measure_round(servers[name], asked, at_least_s=ROUND_S).cpu_ms for name in order}
