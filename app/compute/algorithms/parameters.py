"""Parameters of algorithms: declared as fields of a dataclass, and read from what JSON gave."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from app.errors import BadRequest, shorten
from app.model.algorithm import Algorithm

Kind = TypeVar("Kind", bound=Algorithm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a parameter may be: a number ``low`` to ``high``, whole or not; ``above`` leaves ``low`` itself out."""

    low: float
    high: float
    about: str
    whole: bool
    above: bool = False

    def holds(self, number: float) -> bool:
        """Whether it is such a number."""
        return self.low <= number <= self.high and not (self.above and number == self.low)

    @property
    def told(self) -> str:
        """The same in words."""
        kind = "a whole number" if self.whole else "a number"
        return (
            f"{kind} above {self.low:g}, up to {self.high:g}" if self.above else f"{kind} {self.low:g} to {self.high:g}"
        )


def integer(default: int, low: int, high: int, about: str) -> Any:
    """Declare a whole number."""
    return dataclasses.field(default=default, metadata={"bounds": Bounds(low=low, high=high, about=about, whole=True)})


def number(default: float | None, low: float, high: float, about: str, *, above: bool = False) -> Any:
    """Declare a number; None as default makes it optional."""
    bounds = Bounds(low=low, high=high, about=about, whole=False, above=above)
    return dataclasses.field(default=default, metadata={"bounds": bounds})


def bounds_of(field: dataclasses.Field[Any]) -> Bounds:
    """What a declared parameter may be."""
    bounds: Bounds = field.metadata["bounds"]
    return bounds


def configure(kind: type[Kind], given: Mapping[str, Any]) -> Kind:
    """Make an algorithm of its parameters, as JSON gave them; those left out take their defaults.

    Raises:
        BadRequest: An unknown parameter, one that is no number, or one out of range.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    return kind(**{name: _value(kind, fields, name, value) for name, value in given.items()})


def _value(kind: type[Algorithm], fields: Mapping[str, dataclasses.Field[Any]], name: str, value: Any) -> Any:
    if name not in fields:
        raise refuse(name, value, f"is not a parameter of {kind.id}; {_nearest(fields, name)}")
    field = fields[name]
    bounds = bounds_of(field)
    if value is None and field.default is None:
        return None
    number = _number(value)
    if not bounds.holds(number) or (bounds.whole and number != int(number)):
        raise refuse(name, value, f"of {kind.id} must be {bounds.told}; it is {field.default} when left out")
    return int(number) if bounds.whole else number


def _number(value: Any) -> float:
    """The number, also one written as text, as TiTiler takes it; NaN for everything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def refuse(name: str, value: object, message: str) -> BadRequest:
    """The error of one parameter."""
    return BadRequest.of("algorithm_params", json.dumps({name: value}), f"{shorten(name, 40)} {message}")


def _nearest(fields: Mapping[str, object], name: str) -> str:
    if not fields:
        return "it has none"
    near = difflib.get_close_matches(name[:80], fields, n=1)
    return f"did you mean {near[0]!r}?" if near else f"it has {', '.join(fields)}"
