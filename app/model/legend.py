"""What the colours of a picture mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.model.request import Rgba


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A value with a label, ``at`` 0 to 1 along its bar."""

    value: float
    label: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Colours of the values from ``low`` to ``high``.

    Attributes:
        name: What the values are; empty where the legend's title says it.
        colors: The 256 colours, equally far apart.
        ticks: From ``low`` to ``high``, both included.
    """

    name: str
    low: float
    high: float
    colors: tuple[Rgba, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """One colour of the values from ``low`` up to ``high``, which is left out; of one value where they are the same."""

    low: float
    high: float
    label: str
    color: Rgba


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """A bar for one band, three for red, green and blue, or classes.

    Attributes:
        title: What is shown: the band's description, or the expression.
    """

    title: str
    bars: tuple[Bar, ...] = ()
    classes: tuple[Class, ...] = ()

    @property
    def kind(self) -> Literal["ramp", "channels", "classes"]:
        """Classes where there is no bar: none at all when every colour is transparent."""
        if not self.bars:
            return "classes"
        return "ramp" if len(self.bars) == 1 else "channels"
