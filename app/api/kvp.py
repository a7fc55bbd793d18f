"""Queries of OGC's older services: names in any case, media types for formats, beside the names of our own."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote_plus

from app.api.dialect import WMTS_KVP
from app.api.query import Query
from app.errors import InvalidType, ParameterFault

WANTED = "a tile is named by TILEMATRIX, TILEROW and TILECOL, and a pixel of it by I and J"
NAMES = frozenset(each.name for each in WMTS_KVP)


def split_kvp(text: str) -> tuple[Query, str]:
    """Take the parameters of WMTS out of a query string: gives them, named in capitals, and the rest as it was written.

    The tiles of a map differ in the first and have the rest in common, of which the meaning is remembered.
    """
    values: dict[str, list[str]] = {}
    written: dict[str, str] = {}
    rest: list[str] = []
    for part in text.split("&"):
        name, _, value = part.partition("=")
        capitals = unquote_plus(name).upper()
        if capitals in NAMES:
            values.setdefault(capitals, []).append(unquote_plus(value))
            written[capitals] = unquote_plus(name)
        elif part:
            rest.append(part)
    return Query(values, written), "&".join(rest)


def required(kvp: Query, name: str) -> str:
    """The value of a parameter that a request must have.

    Raises:
        InvalidType: There is none.
    """
    value = kvp.text(name)
    if value is None:
        fault = ParameterFault(name=name, message="is missing")
        raise InvalidType(f"{name} is missing; {WANTED}.", faults=[fault])
    return value


def one_of(kvp: Query, name: str, allowed: Mapping[str, str] | tuple[str, ...], default: str) -> str:
    """The value of a parameter that has few, whatever its case, or ``default``; from a mapping what it stands for."""
    value = kvp.text(name) or default
    known = {each.lower(): each for each in allowed}
    if value.lower() not in known:
        raise kvp.fault(name, value, f"is not one of {', '.join(allowed)}")
    found = known[value.lower()]
    return allowed[found] if isinstance(allowed, Mapping) else found
