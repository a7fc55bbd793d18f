"""Read a query string in any dialect into values by today's names, and note what was not understood."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl

from app.api.dialect import Parameter
from app.errors import BadRequest, InvalidType, LimitExceeded, ParameterFault, shorten

PAIRS_MAX = 64
"""Most parameters of one request."""

REMEMBERED = 512
"""Queries whose meaning is kept; one is at most as long as a URL may be."""


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """Values by canonical name, with the spelling that the caller used.

    Compared by identity, so that what is read from it can be remembered: the tiles of a map have one query.

    Attributes:
        values: Canonical name to every value given, in order.
        spelling: Canonical name to the name the caller wrote, for messages.
        ignored: Names that this route does not know, in order.
    """

    values: Mapping[str, Sequence[str]]
    spelling: Mapping[str, str]
    ignored: tuple[str, ...] = ()

    def all(self, name: str) -> Sequence[str]:
        """Every value of a parameter, in order; empty values left out."""
        return [value for value in self.values.get(name, ()) if value != ""]

    def text(self, name: str) -> str | None:
        """The last value, or None."""
        values = self.all(name)
        return values[-1] if values else None

    def choice(self, name: str, allowed: Sequence[str]) -> str | None:
        """The value, when it is one of ``allowed``."""
        value = self.text(name)
        if value is not None and value not in allowed:
            near = difflib.get_close_matches(value, allowed, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise self.fault(name, value, f"is not one of {', '.join(allowed)}{hint}")
        return value

    def integer(self, name: str, *, low: int, high: int | None = None) -> int | None:
        """The value as a whole number from ``low`` to ``high``, or as large as a limit elsewhere allows."""
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", value):
            raise self.wrong_type(name, value, f"is not a whole number; write for example {name}={max(low, 1)}")
        number = int(value)
        if number < low or (high is not None and number > high):
            raise self.fault(name, value, f"must be {low} or more" if high is None else f"must be {low} to {high}")
        return number

    def number(self, name: str, *, low: float = -math.inf, high: float = math.inf, nan: bool = False) -> float | None:
        """The value as a finite number from ``low`` to ``high``, or NaN where that has a meaning."""
        value = self.text(name)
        if value is None:
            return None
        try:
            number = float(value)
        except ValueError:
            raise self.wrong_type(name, value, f"is not a number; write for example {name}=0") from None
        if math.isnan(number) and nan:
            return number
        if not (math.isfinite(number) and low <= number <= high):
            raise self.fault(
                name, value, f"must be a number {low:g} to {high:g}" if low > -math.inf else "must be finite"
            )
        return number

    def flag(self, name: str, default: bool = False) -> bool:
        """The value as true or false."""
        value = self.text(name)
        if value is None:
            return default
        if value.lower() in ("true", "1", "yes", "on"):
            return True
        if value.lower() in ("false", "0", "no", "off"):
            return False
        raise self.wrong_type(name, value, f"is neither true nor false; write {name}=true or {name}=false")

    def required(self, name: str, message: str) -> str:
        """The value; InvalidType (422) when there is none."""
        value = self.text(name)
        if value is None:
            raise InvalidType(f"{name} is missing: {message}", faults=[ParameterFault(name=name, message="is missing")])
        return value

    def fault(self, name: str, value: object, message: str) -> BadRequest:
        """An error (400) about a value, under the name that the caller wrote."""
        return BadRequest.of(self.spelling.get(name, name), value, message)

    def wrong_type(self, name: str, value: str, message: str) -> BadRequest:
        """An error (422) about a value of the wrong type."""
        return InvalidType.of(self.spelling.get(name, name), value, message)


@lru_cache(maxsize=REMEMBERED)
def read_query(text: str, parameters: tuple[Parameter, ...], *, strict: bool = False) -> Query:
    """Collect the parameters a route knows, by any of their spellings.

    Args:
        text: The query string as it came, percent-encoded.
        strict: Refuse unknown names, as ``strict=true`` in the query does.

    Raises:
        BadRequest: Too many parameters, or an unknown one when strict.
    """
    pairs = parse_qsl(text, keep_blank_values=True)
    if len(pairs) > PAIRS_MAX:
        raise LimitExceeded(f"The query has {len(pairs)} parameters, {PAIRS_MAX} are read at most; leave some out.")
    known = {spelling: parameter.name for parameter in parameters for spelling in (parameter.name, *parameter.aliases)}
    values: dict[str, list[str]] = {}
    written: dict[str, str] = {}
    ignored: dict[str, None] = {}
    for name, value in pairs:
        canonical = known.get(name)
        if canonical is None:
            ignored[name] = None
            continue
        values.setdefault(canonical, []).append(value)
        written[canonical] = name
    query = Query(values, written, tuple(ignored))
    if query.flag("strict", strict) and ignored:
        raise _unknown(next(iter(ignored)), known)
    return query


def refuse_unknown(query: Query, names: Sequence[str], parameters: Sequence[Parameter], *, strict: bool) -> None:
    """Raise ``BadRequest`` for the first of ``names``, members of a body that nobody knows, where that is asked for."""
    if names and query.flag("strict", strict):
        raise _unknown(names[0], {each.name: each.name for each in parameters})


def _unknown(name: str, known: Mapping[str, str]) -> BadRequest:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"this route knows {', '.join(sorted(set(known.values())))}"
    fault = ParameterFault(name=shorten(name), message="is not a parameter of this route")
    return BadRequest(f"{shorten(name)} is not a parameter of this route; {hint}", faults=[fault])
