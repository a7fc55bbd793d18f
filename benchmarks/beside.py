"""Swath and another form of it, by turns: what does a change cost, or save, and what do the guards cost?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks.cases import Case, paths
from benchmarks.cost import measure_round
from benchmarks.options import Options
from benchmarks.place import BenchError
from benchmarks.process import Program
from benchmarks.servers import Bench
from benchmarks.tiles import Tile

ROUNDS = 15
"""Differences of a few percent are asked for, and single rounds differ by as much."""

UNGUARDED = [sys.executable, "-m", "benchmarks.unguarded"]
"""The command of this checkout without its guards."""
SILENT = [*UNGUARDED, "silent"]
"""Without what is told of each request, besides."""


def measure_beside(
    bench: Bench, other: Sequence[str], case: Case, places: list[Tile], options: Options
) -> dict[str, float]:
    """CPU per warm request here and there, in ms, and the median ratio of rounds that follow each other."""
    with ExitStack() as stack:
        here = stack.enter_context(bench.start("swath"))
        there = stack.enter_context(bench.start("swath", program=other))
        asked = paths(case, bench.item, places)
        for server in (here, there):
            measure_round(server, asked, at_least_s=options.round_s)
        pairs = [_pair(here, there, asked, options.round_s, first=number % 2) for number in range(ROUNDS)]
    return {
        "here_ms": median(mine for mine, _ in pairs),
        "there_ms": median(other for _, other in pairs),
        "ratio": median(mine / other for mine, other in pairs),
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


def _pair(here: Program, there: Program, asked: list[str], round_s: float, *, first: int) -> tuple[float, float]:
    """A round of each; who comes first changes, because the machine gets warmer or busier in between."""
    order = (here, there) if first else (there, here)
    cpu_ms = {server.base: measure_round(server, asked, at_least_s=round_s).cpu_ms for server in order}
    return cpu_ms[here.base], cpu_ms[there.base]
