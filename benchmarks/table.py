"""Rows as a table in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Iterable[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose columns are as wide as they need be."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    drawn = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    return "\n".join([drawn[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *drawn[1:]])
