"""Turn the body or the query string of a search into a ``SearchQuery``, or name what cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.errors import BadRequest, LimitExceeded
from app.sample.search.geojson import parse_bbox, parse_geometry
from app.sample.search.geometry import Shape
from app.sample.search.period import parse_period
from app.sample.search.query import OPERATORS, PropertyTest, SearchQuery, SortKey

MAX_BODY_BYTES = 1024 * 1024
MAX_LIMIT = 500
_JSON_PARAMETERS = ("intersects", "query")


def parse_body(raw: bytes) -> SearchQuery:
    """Read the JSON body of ``POST /search``; an empty body asks for everything."""
    if len(raw) > MAX_BODY_BYTES:
        raise LimitExceeded.of("body", f"{len(raw)} bytes", f"at most {MAX_BODY_BYTES} bytes; simplify the geometry")
    body = _json("body", raw) if raw.strip() else {}
    if not isinstance(body, dict):
        raise BadRequest.of("body", body, 'give a JSON object, such as {"limit": 10}')
    return parse_search(body)


def parse_parameters(parameters: Mapping[str, str]) -> SearchQuery:
    """Read the query string of ``GET /search``: lists with commas, geometry and query as JSON, ``-`` for what to leave out."""
    body: dict[str, Any] = {name: value for name, value in parameters.items() if value != ""}
    for name in ("collections", "ids"):
        if name in body:
            body[name] = _split(body[name])
    if "bbox" in body:
        body["bbox"] = [_to_number("bbox", body["bbox"], part) for part in _split(body["bbox"])]
    for name in ("limit", "page"):
        if name in body:
            body[name] = _to_number(name, body[name], body[name])
    for name in _JSON_PARAMETERS:
        if name in body:
            body[name] = _json(name, body[name])
    if "fields" in body:
        names = _split(body["fields"])
        body["fields"] = {
            "include": [name.removeprefix("+") for name in names if not name.startswith("-")],
            "exclude": [name[1:] for name in names if name.startswith("-")],
        }
    if "sortby" in body:
        body["sortby"] = [
            {"field": name.lstrip("+-"), "direction": "desc" if name.startswith("-") else "asc"}
            for name in _split(body["sortby"])
        ]
    return parse_search(body)


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


def _names(given: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """A list of texts; empty or absent means no restriction."""
    value = given.get(name, [])
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise BadRequest.of(name, value, f'give a list of texts, such as {{"{name}": ["sentinel-s2-l2a-cogs"]}}')
    return tuple(value) or None


def _count(given: Mapping[str, Any], name: str, default: int) -> int:
    value = given.get(name, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 1_000_000:
        raise BadRequest.of(name, value, f"give a whole number from 1, such as {default}")
    return value


def _tests(value: object) -> Iterable[PropertyTest]:
    wanted = 'give comparisons by property, such as {"eo:cloud_cover": {"lt": 5}}'
    if not isinstance(value, dict):
        raise BadRequest.of("query", value, wanted)
    for path, comparisons in value.items():
        if not isinstance(comparisons, dict):
            raise BadRequest.of("query", {path: comparisons}, wanted)
        for operator, operand in comparisons.items():
            if operator not in OPERATORS:
                raise BadRequest.of("query", operator, f"the operators are {', '.join(OPERATORS)}")
            if (operator == "in") != isinstance(operand, list) or isinstance(operand, dict):
                raise BadRequest.of("query", {path: comparisons}, f"'in' takes a list, the others one value; {wanted}")
            yield PropertyTest(path=path, operator=operator, value=operand)


def _fields(value: object) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """``(include, exclude)``; include is None for the whole item."""
    if not isinstance(value, dict):
        raise BadRequest.of("fields", value, 'give {"include": [...], "exclude": [...]}')
    given = {name: part for name, part in value.items() if part is not None}
    return _names(given, "include"), _names(given, "exclude") or ()


def _sort_keys(value: object) -> tuple[SortKey, ...]:
    wanted = 'give keys such as [{"field": "properties.datetime", "direction": "desc"}]'
    if not isinstance(value, list):
        raise BadRequest.of("sortby", value, wanted)
    keys = []
    for key in value:
        if not isinstance(key, dict) or not isinstance(key.get("field"), str) or key.get("direction", "asc") not in ("asc", "desc"):
            raise BadRequest.of("sortby", key, wanted)
        keys.append(SortKey(path=key["field"], descending=key.get("direction") == "desc"))
    return tuple(keys)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _to_number(name: str, whole: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as err:
        raise BadRequest.of(name, whole, f"{text[:20]!r} is not a number") from err


def _json(name: str, text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as err:
        raise BadRequest.of(name, text if isinstance(text, str) else "…", "this is not JSON that can be read") from err
