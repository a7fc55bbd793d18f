"""Swath and another form of it, by turns: what does a change cost, or save, and what do the guards cost?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.cases import Case, paths
from benchmarks.cost import measure_round
from benchmarks.place import BenchError
from benchmarks.process import Program
from benchmarks.servers import Bench
from benchmarks.tiles import Tile

STARTS = 6
"""Fresh processes of each: two of the very same program differ a little, as their memory happens to lie."""
ROUNDS = 10
"""Of each start. Differences of a few percent are asked for, and single rounds differ by as much."""
ROUND_S = 0.5
"""Short, so that a machine that gets warmer or busier does so for all alike."""
HERE, THERE, TWIN = range(3)

UNGUARDED = [sys.executable, "-m", "benchmarks.unguarded"]
"""The command of this checkout without its guards."""
SILENT = [*UNGUARDED, "silent"]
"""Without what is told of each request, besides."""


def measure_beside(bench: Bench, other: Sequence[str], case: Case, places: list[Tile]) -> dict[str, float]:
    """CPU per warm request here and there, in ms, and the median ratio of rounds that follow each other.

    ``itself`` is the ratio of this Swath to another start of itself, in the same rounds: what of a ratio is chance.
    """
    asked = paths(case, bench.item, places)
    rounds = [each for _ in range(STARTS) for each in _measure_start(bench, other, asked)]
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


def _measure_start(bench: Bench, other: Sequence[str], asked: list[str]) -> list[list[float]]:
    """CPU per request of fresh processes, in ms: this Swath, the other one, this one again, in each round."""
    with ExitStack() as stack:
        servers = [stack.enter_context(bench.start("swath", program=program)) for program in ((), other, ())]
        for server in servers:
            measure_round(server, asked, at_least_s=ROUND_S)
        return [_measure_by_turns(servers, asked, first=number % len(servers)) for number in range(ROUNDS)]


def _measure_by_turns(servers: Sequence[Program], asked: list[str], *, first: int) -> list[float]:
    """A round of each; who comes first changes, because the machine gets warmer or busier in between."""
    numbers = range(len(servers))
    order = sorted(numbers, key=lambda number: (number - first) % len(servers))
    cpu_ms = {number: measure_round(servers[number], asked, at_least_s=ROUND_S).cpu_ms for number in order}
    return [cpu_ms[number] for number in numbers]
