"""All rows of the bar, in order; a part of them by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

import click

from benchmarks.guards import ending, flood, hostile, hung, leaving, reads, senders, slow, upstreams
from benchmarks.guards.row import Row
from benchmarks.guards.stage import Stage, stage

SUBJECTS: dict[str, Callable[[Stage], Iterable[Row]]] = {
    "hostile": hostile.measure,
    "reads": reads.measure,
    "upstreams": upstreams.measure,
    "hung": hung.measure,
    "flood": flood.measure,
    "slow": slow.measure,
    "ending": ending.measure,
    "leaving": leaving.measure,
    "senders": senders.measure,
}


def measure_guards(subjects: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of some subjects, or of all; each says what it is while it runs."""
    rows = []
    with stage(hostile.hostile_files()) as ground:
        for subject in subjects or SUBJECTS:
            for row in SUBJECTS[subject](ground):
                click.echo(f"  {'yes' if row.held else 'NO '} {row.demand} | {row.demanded} | {row.seen}", err=True)
                for detail in row.details if not row.held else ():
                    click.echo(f"      {detail}", err=True)
                rows.append(asdict(row))
    return rows
