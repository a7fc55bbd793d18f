"""Does an item pass a filter? For sources that cannot filter by themselves."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from app.match.cql2.normal import Filter, property_of
from app.match.period import read_moment

Document = Mapping[str, Any]
_TOP = frozenset({"id", "collection"})
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
OPERATORS = (*_COMPARE, "and", "or", "not", "in", "like", "isNull")


def unknown_operator(filter: Filter) -> str | None:
    """The first operator that ``passes`` does not know, or an argument that is neither property nor value."""
    op, args = filter["op"], filter["args"]
    if op not in OPERATORS:
        return str(op)
    if op in ("and", "or", "not"):
        return next((found for each in args if (found := unknown_operator(each))), None)
    return next((str(each.get("op", "function")) for each in args if _is_computed(each)), None)


def passes(filter: Filter | None, item: Document) -> bool:
    """Tell whether an item passes a filter that is in order; what is unknown does not."""
    return filter is None or _judge(filter, item) is True


def _judge(filter: Filter, item: Document) -> bool | None:
    """True, false, or None when a value that it needs is missing (the three-valued logic of CQL2)."""
    op, args = filter["op"], filter["args"]
    if op == "and":
        return _all([_judge(each, item) for each in args])
    if op == "or":
        return _negated(_all([_negated(_judge(each, item)) for each in args]))
    if op == "not":
        return _negated(_judge(args[0], item))
    value = _value(args[0], item)
    if op == "isNull":
        return value is None
    if op == "in":
        found = [_compare("=", value, _value(each, item)) for each in args[1]]
        return _negated(_all([_negated(each) for each in found]))
    if op == "like":
        return like(value, args[1]) if isinstance(value, str) and isinstance(args[1], str) else None
    return _compare(op, value, _value(args[1], item))


def _all(answers: list[bool | None]) -> bool | None:
    return False if False in answers else None if None in answers else True


def _negated(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _compare(op: str, left: Any, right: Any) -> bool | None:
    """Compare values of one kind; a text and a moment are two moments."""
    if left is None or right is None:
        return None
    if isinstance(left, datetime) or isinstance(right, datetime):
        left, right = _moment(left), _moment(right)
    if left is None or right is None or _kind(left) != _kind(right) or _kind(left) == "other":
        return {"=": False, "<>": True}.get(op)
    return _COMPARE[op](left, right)


def _kind(value: Any) -> str:
    """True is not 1."""
    if isinstance(value, bool):
        return "boolean"
    kinds = {int: "number", float: "number", str: "text", datetime: "moment"}
    return kinds.get(type(value), "other")


def _moment(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else read_moment(value)


def _value(argument: Any, item: Document) -> Any:
    if (name := property_of(argument)) is not None:
        return lookup(item, name)
    if isinstance(argument, dict):
        return read_moment(argument.get("timestamp", argument.get("date")))
    return argument


def lookup(item: Document, name: str) -> Any:
    """Value of a property by its name, or by a path with dots; None when there is none."""
    properties = item.get("properties")
    place: Any = item if name in _TOP else properties if isinstance(properties, Mapping) else {}
    if name in place:
        return place[name]
    for part in name.split("."):
        if not isinstance(place, Mapping) or part not in place:
            return None
        place = place[part]
    return place


def like(text: str, pattern: str) -> bool:
    r"""Match a text whole: ``%`` is any characters, ``_`` is one, ``\`` takes the meaning of the next away.

    Goes back to the last ``%`` only, so that no pattern takes longer than the product of both lengths.
    """
    wanted = _tokens(pattern)
    at = token = 0
    back: tuple[int, int] | None = None
    while at < len(text):
        if token < len(wanted) and wanted[token] is ANY:
            token += 1
            back = at, token
        elif token < len(wanted) and wanted[token] in (ONE, text[at]):
            at, token = at + 1, token + 1
        elif back is not None:
            back = back[0] + 1, back[1]
            at, token = back
        else:
            return False
    return all(each is ANY for each in wanted[token:])


ANY, ONE = object(), object()


def _tokens(pattern: str) -> list[object]:
    tokens: list[object] = []
    letters = iter(pattern)
    for letter in letters:
        tokens.append(ANY if letter == "%" else ONE if letter == "_" else letter)
        if letter == "\\":
            tokens[-1] = next(letters, letter)
    return tokens


def _is_computed(argument: Any) -> bool:
    return isinstance(argument, dict) and not argument.keys() & {"property", "timestamp", "date"}
