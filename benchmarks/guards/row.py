"""One demand, the figure that is demanded, the figure that was seen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        held: Whether what was seen is what was demanded.
        details: What the figure is made of, a line each.
    """

    demand: str
    demanded: str
    seen: str
    held: bool
    details: tuple[str, ...] = ()
