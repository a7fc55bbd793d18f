"""CSV (RFC 4180): numbers for spreadsheets."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

Cell = str | int | float | None
"""A text, a number, or nothing."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def encode_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write a line of column names and a line per row, in UTF-8; numbers with all of their digits, nothing as nothing.

    A text that a spreadsheet would take for a formula gets an apostrophe before it: names of bands come from whoever
    wrote the item.
    """
    out = StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8", "replace")


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell
