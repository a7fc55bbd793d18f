"""Verdicts as rows of a record, as tables, and as the page of the documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from benchmarks.parity.deliberate import DELIBERATE, SECTIONS
from benchmarks.parity.difference import Deliberate
from benchmarks.parity.judge import BETTER, DIFFERENT, MEANT, OUTCOMES, SAME, Verdict, reasons
from benchmarks.table import table

Row = dict[str, Any]


def row_of(verdict: Verdict) -> Row:
    """What is recorded of a verdict; ``why`` and ``differences`` only where something differs."""
    told = [f"{one.aspect}: {one.told}" for one in verdict.differences]
    return {
        "group": verdict.case.group,
        "request": verdict.case.text,
        "titiler": verdict.theirs.status,
        "swath": verdict.ours.status,
        "outcome": verdict.outcome,
        **({"why": reasons(verdict), "differences": told} if told else {}),
    }


def tables(rows: Sequence[Row]) -> str:
    """The count of outcomes by group, what is better, and every deliberate difference with its reason."""
    parts = [f"### Requests and outcomes\n\n{_groups(rows)}", f"### Better\n\n{_better(rows)}"]
    parts += [f"### Deliberate: {name.lower()}\n\n{_meant(rows, section)}" for name, section in SECTIONS.items()]
    if found := [row for row in rows if row["outcome"] == DIFFERENT]:
        parts.append(f"### DIFFERENT\n\n{differences(found)}")
    return "\n\n".join(parts)


def differences(rows: Sequence[Row]) -> str:
    """Requests with what differs in their answers."""
    return "\n".join(line for row in rows for line in (f"- `{row['request']}`", *_details(row)))


def _details(row: Row) -> list[str]:
    return [f"  - {row['titiler']} and {row['swath']}", *(f"  - {each}" for each in row.get("differences", ()))]


def _groups(rows: Sequence[Row]) -> str:
    counts = Counter((row["group"], row["outcome"]) for row in rows)
    groups = list(dict.fromkeys(row["group"] for row in rows))
    lines = [[group, *(counts[group, outcome] for outcome in OUTCOMES)] for group in groups]
    lines.append(["all", *(sum(counts[group, outcome] for group in groups) for outcome in OUTCOMES)])
    return table(("group", "requests", *OUTCOMES), [[name, sum(found), *found] for name, *found in lines])


def _better(rows: Sequence[Row]) -> str:
    """TiTiler fails; by both statuses, with the first of such requests."""
    found: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        if row["outcome"] == BETTER:
            found.setdefault((row["titiler"], row["swath"]), []).append(row)
    lines = [[*statuses, len(each), _cell(each[0]["request"])] for statuses, each in sorted(found.items())]
    return table(("TiTiler", "Swath", "requests", "such as"), lines)


def _meant(rows: Sequence[Row], section: dict[str, Deliberate]) -> str:
    asked = {key: [row for row in rows if row["outcome"] == MEANT and key in row["why"]] for key in section}
    return "\n".join(_reason(DELIBERATE[key], found) for key, found in asked.items() if found)


def _reason(reason: Deliberate, rows: Sequence[Row]) -> str:
    count = f"{len(rows)} requests" if len(rows) > 1 else "1 request"
    return f"- **{reason.title}.** {reason.why} {count}, such as `{rows[0]['request']}`."


def _cell(request: str) -> str:
    """As code; a bar would end the cell."""
    return "`" + request.replace("|", "\\|") + "`"


def summary(rows: Sequence[Row]) -> str:
    """One line, and one of the explanations that explain nothing any more."""
    counts = Counter(row["outcome"] for row in rows)
    line = f"{len(rows)} requests: " + ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES)
    unused = DELIBERATE.keys() - {key for row in rows for key in row.get("why", ())}
    return f"{line}\nNo longer needed: {', '.join(sorted(unused))}" if unused else line


def is_alike(rows: Sequence[Row]) -> bool:
    """Whether every difference is better or meant."""
    return all(row["outcome"] in (SAME, BETTER, MEANT) for row in rows)
