"""The query extension, which STAC APIs spoke before CQL2: ``{"eo:cloud_cover": {"lt": 5}}``, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.errors import BadRequest
from app.match.cql2.normal import Filter, conjunction, normalise, parts_of, property_of

_COMPARISONS = {"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_WRITTEN = {op: word for word, op in _COMPARISONS.items()}
_PATTERNS = {"startsWith": "{}%", "endsWith": "%{}", "contains": "%{}%"}
OPERATORS = (*_COMPARISONS, "in", *_PATTERNS)
_WANTED = 'give comparisons by property, such as {"eo:cloud_cover": {"lt": 5}}'
_LITERAL = re.compile(r"(%?)((?:[^%_\\]|\\.)*)(%?)", re.DOTALL)


def from_query(value: object) -> Filter | None:
    """Read comparisons by property; all of them hold.

    Raises:
        BadRequest: It is not of this form.
    """
    if not isinstance(value, Mapping):
        raise BadRequest.of("query", value, _WANTED)
    return conjunction(normalise(each) for each in _comparisons(value))


def to_query(filter: Filter | None) -> dict[str, dict[str, Any]] | None:
    """Write a filter; None when this language has no words for it."""
    found: dict[str, dict[str, Any]] = {}
    for part in parts_of(filter):
        name, word, operand = _told(part)
        if not word or word in found.get(name, {}):
            return None
        found.setdefault(name, {})[word] = operand
    return found


def _comparisons(value: Mapping[str, Any]) -> Iterator[Filter]:
    for name, comparisons in value.items():
        if not isinstance(comparisons, Mapping):
            raise BadRequest.of("query", {name: comparisons}, _WANTED)
        for word, operand in comparisons.items():
            yield _comparison(name, word, operand)


def _comparison(name: str, word: str, operand: Any) -> Filter:
    if word not in OPERATORS:
        raise BadRequest.of("query", word, f"the operators are {', '.join(OPERATORS)}")
    subject = {"property": name}
    if word in _COMPARISONS and not isinstance(operand, (list, dict)):
        return {"op": _COMPARISONS[word], "args": [subject, operand]}
    if word in _PATTERNS and isinstance(operand, str):
        return {"op": "like", "args": [subject, _PATTERNS[word].format(re.sub(r"([%_\\])", r"\\\1", operand))]}
    if word == "in" and isinstance(operand, list):
        return {"op": "in", "args": [subject, operand]}
    raise BadRequest.of("query", {name: {word: operand}}, f"'in' takes a list, the others one value; {_WANTED}")


def _told(part: Filter) -> tuple[str, str, Any]:
    """Property, word and operand; the word is empty when there is none."""
    op, args = part["op"], part["args"]
    name = property_of(args[0])
    if name is None or len(args) != 2 or isinstance(args[1], dict):
        return "", "", None
    if op == "like":
        return (name, *_pattern(args[1]))
    return name, "in" if op == "in" else _WRITTEN.get(op, ""), args[1]


def _pattern(text: Any) -> tuple[str, Any]:
    match = _LITERAL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return "", None
    words = {("", "%"): "startsWith", ("%", ""): "endsWith", ("%", "%"): "contains"}
    return words.get((match[1], match[3]), ""), re.sub(r"\\(.)", r"\1", match[2])
