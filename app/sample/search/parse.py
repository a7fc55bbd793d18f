"""Turn the body or the query string of a search into a ``SearchQuery``, or name what cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.errors import BadRequest, BodyTooLarge
from app.match.cql2.evaluate import OPERATORS as CQL2
from app.match.cql2.evaluate import unknown_operator
from app.match.cql2.normal import Filter, normalise
from app.match.cql2.text import parse_text
from app.match.fault import fault
from app.match.geojson import parse_bbox, parse_geometry
from app.match.geometry import Shape
from app.match.period import parse_period
from app.sample.search.query import OPERATORS, PropertyTest, SearchQuery, SortKey

MAX_BODY_BYTES = 1024 * 1024
MAX_LIMIT = 500
COUNT_MAX = 1_000_000


def parse_body(raw: bytes) -> SearchQuery:
    """Read the JSON body of ``POST /search``; an empty body asks for everything."""
    if len(raw) > MAX_BODY_BYTES:
        raise BodyTooLarge(f"A search has at most {MAX_BODY_BYTES} bytes; simplify the geometry.")
    body = _json("body", raw) if raw.strip() else {}
    if not isinstance(body, dict):
        raise fault("body", body, 'give a JSON object, such as {"limit": 10}')
    return parse_search(body)


def parse_parameters(parameters: Mapping[str, str]) -> SearchQuery:
    """Read the query string of ``GET /search``: lists with commas, geometry and query as JSON, ``-`` to leave out."""
    given = {name: text for name, text in parameters.items() if text}
    return parse_search({name: _from_text(name, text) for name, text in given.items()})


def _from_text(name: str, text: str) -> Any:
    """What the JSON body would hold in place of ``text``."""
    match name:
        case "collections" | "ids":
            return _split(text)
        case "bbox":
            return [_to_number(name, text, part) for part in _split(text)]
        case "limit" | "page":
            return _to_number(name, text, text)
        case "intersects" | "query":
            return _json(name, text)
        case "fields":
            names = [(part.startswith("-"), part.lstrip("+-")) for part in _split(text)]
            return {
                "include": [part for leave_out, part in names if not leave_out],
                "exclude": [part for leave_out, part in names if leave_out],
            }
        case "sortby":
            return [
                {"field": part.lstrip("+- "), "direction": "desc" if part.startswith("-") else "asc"}
                for part in _split(text)
            ]
    return text


def parse_search(body: Mapping[str, Any]) -> SearchQuery:
    """Check every member; a member that is null counts as absent, one that is unknown is left out."""
    given = {name: value for name, value in body.items() if value is not None}
    include, exclude = _fields(given.get("fields", {}))
    return SearchQuery(
        collections=_names(given, "collections"),
        ids=_names(given, "ids"),
        areas=tuple(_areas(given)),
        period=parse_period(given["datetime"]) if "datetime" in given else None,
        tests=tuple(_tests(given.get("query", {}))),
        filter=_filter(given.get("filter"), given.get("filter-lang")),
        include=include,
        exclude=exclude,
        sort_by=_sort_keys(given.get("sortby", [])) or SearchQuery().sort_by,
        limit=min(MAX_LIMIT, _count(given, "limit", 10)),
        page=_count(given, "page", 1),
    )


def _areas(given: Mapping[str, Any]) -> Iterable[Shape]:
    if "bbox" in given:
        yield parse_bbox(given["bbox"])
    if "intersects" in given:
        yield parse_geometry(given["intersects"])


def _names(given: Mapping[str, Any], name: str, parameter: str | None = None) -> tuple[str, ...] | None:
    """A list of texts; empty or absent means no restriction. ``parameter`` is at fault if not ``name`` itself."""
    value = given.get(name, [])
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise fault(parameter or name, value, f'"{name}" is a list of texts, such as ["id"]')
    return tuple(value) or None


def _count(given: Mapping[str, Any], name: str, default: int) -> int:
    value = given.get(name, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= COUNT_MAX:
        raise fault(name, value, f"give a whole number from 1 to {COUNT_MAX}, such as {default}")
    return value


def _tests(value: object) -> Iterable[PropertyTest]:
    wanted = 'give comparisons by property, such as {"eo:cloud_cover": {"lt": 5}}'
    if not isinstance(value, dict):
        raise fault("query", value, wanted)
    for path, comparisons in value.items():
        if not isinstance(comparisons, dict):
            raise fault("query", {path: comparisons}, wanted)
        for operator, operand in comparisons.items():
            if operator not in OPERATORS:
                raise fault("query", operator, f"the operators are {', '.join(OPERATORS)}")
            if (operator == "in") != isinstance(operand, list) or isinstance(operand, dict):
                raise fault("query", {path: comparisons}, f"'in' takes a list, the others one value; {wanted}")
            yield PropertyTest(path=path, operator=operator, value=operand)


def _filter(value: object, language: object) -> Filter | None:
    """CQL2 as text or JSON; without ``filter-lang`` it is what it looks like."""
    if value is None:
        return None
    if language not in (None, "cql2-text", "cql2-json"):
        raise BadRequest.of("filter-lang", language, "is not one of cql2-text, cql2-json")
    if isinstance(value, str) and language == "cql2-json":
        value = _json("filter", value)
    found = parse_text(value) if isinstance(value, str) else normalise(value)
    if operator := unknown_operator(found):
        raise BadRequest.of("filter", operator, f"is not an operator of this catalogue; it has {', '.join(CQL2)}")
    return found


def _fields(value: object) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """``(include, exclude)``; include is None for the whole item."""
    if not isinstance(value, dict):
        raise fault("fields", value, 'give {"include": [...], "exclude": [...]}')
    given = {name: part for name, part in value.items() if part is not None}
    return _names(given, "include", "fields"), _names(given, "exclude", "fields") or ()


def _sort_keys(value: object) -> tuple[SortKey, ...]:
    wanted = 'give keys such as [{"field": "properties.datetime", "direction": "desc"}]'
    if not isinstance(value, list):
        raise fault("sortby", value, wanted)
    keys = []
    for key in value:
        field, direction = (key.get("field"), key.get("direction", "asc")) if isinstance(key, dict) else (None, None)
        if not isinstance(field, str) or direction not in ("asc", "desc"):
            raise fault("sortby", key, wanted)
        keys.append(SortKey(path=field, descending=direction == "desc"))
    return tuple(keys)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _to_number(name: str, whole: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as err:
        raise fault(name, whole, f"{text[:20]!r} is not a number") from err


def _json(name: str, text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as err:
        told = "this is not JSON that can be read; names and texts stand in double quotes"
        raise fault(name, text if isinstance(text, str) else "…", told) from err
