"""Put a filter in CQL2 JSON in order: equal filters become equal values, whatever their spelling."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from app.errors import BadRequest, LimitExceeded

Filter = dict[str, Any]
"""An expression that is true or false: ``{"op": "<", "args": [{"property": "eo:cloud_cover"}, 5]}``."""

NODES_MAX = 512
DEPTH_MAX = 32
MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""Comparisons, and what each becomes when its sides are exchanged."""
EXAMPLE = '{"op": "<", "args": [{"property": "eo:cloud_cover"}, 5]}'


def normalise(value: object) -> Filter:
    """Check a filter and put it in order.

    Conjunctions are flat, in one order and without repeats; ``between`` is two comparisons; the property stands on
    the left; ``properties.`` before a name is left out. What is not known here stays as it is: an API may know it.

    Raises:
        BadRequest: It is not CQL2 JSON.
        LimitExceeded: It is too long or nested too deep.
    """
    return _Normaliser().filter(value, 0)


def conjunction(parts: Iterable[Filter]) -> Filter | None:
    """Join filters that are in order by ``and``; None when there are none."""
    return _joined("and", parts)


def parts_of(filter: Filter | None) -> list[Filter]:
    """Take the outermost ``and`` apart."""
    if filter is None:
        return []
    return list(filter["args"]) if filter["op"] == "and" else [filter]


def property_of(value: object) -> str | None:
    """The name when the value is a property, else None."""
    name = value.get("property") if isinstance(value, Mapping) else None
    return name if isinstance(name, str) else None


def plain_name(name: str) -> str:
    """A property's name as an item writes it below ``properties``."""
    return name.removeprefix("properties.") or name


class _Normaliser:
    """Walks one filter, counting its parts."""

    def __init__(self) -> None:
        self._nodes = 0

    def filter(self, value: object, depth: int) -> Filter:
        """Judge and normalise an operation and all inside it; raises ``BadRequest`` and ``LimitExceeded``."""
        if not isinstance(value, Mapping) or not isinstance(value.get("op"), str):
            raise wrong(value, f"is not a filter of CQL2 JSON; write for example {EXAMPLE}")
        op, args = value["op"].lower(), value.get("args")
        if not isinstance(args, (list, tuple)) or not args:
            raise wrong(value, f"{op!r} has no list of args; write for example {EXAMPLE}")
        self._count(depth)
        if op in ("and", "or"):
            return _joined(op, [self.filter(each, depth + 1) for each in args]) or {}
        if op == "not":
            return _negated(self.filter(self._exactly(op, args, 1)[0], depth + 1))
        return self._predicate(op, value["op"], [self._argument(each, depth + 1) for each in args])

    def _predicate(self, op: str, written: str, args: list[Any]) -> Filter:
        if op in MIRRORED:
            left, right = self._exactly(op, args, 2)
            turned = property_of(left) is None and property_of(right) is not None
            return {"op": MIRRORED[op], "args": [right, left]} if turned else {"op": op, "args": [left, right]}
        if op == "between":
            value, low, high = self._exactly(op, args, 3)
            return _joined("and", ({"op": ">=", "args": [value, low]}, {"op": "<=", "args": [value, high]})) or {}
        if op == "in":
            return self._listed(*self._exactly(op, args, 2))
        if op in ("like", "isnull"):
            self._exactly(op, args, 2 if op == "like" else 1)
            return {"op": {"isnull": "isNull"}.get(op, op), "args": args}
        return {"op": written, "args": args}

    def _listed(self, value: Any, wanted: Any) -> Filter:
        if not isinstance(wanted, list) or not wanted:
            raise wrong(wanted, "'in' takes a property and a list of values")
        several = list({written(each): each for each in sorted(wanted, key=written)}.values())
        return {"op": "in", "args": [value, several]} if len(several) > 1 else {"op": "=", "args": [value, several[0]]}

    def _argument(self, value: Any, depth: int) -> Any:
        self._count(depth)
        if (name := property_of(value)) is not None:
            return {"property": plain_name(name)}
        if isinstance(value, Mapping):
            return {str(key): self._argument(each, depth + 1) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._argument(each, depth + 1) for each in value]
        if isinstance(value, float):
            return _number(value)
        if value is None or isinstance(value, (str, bool, int)):
            return value
        raise wrong(value, "is not a value of JSON")

    def _exactly(self, op: str, args: Any, count: int) -> list[Any]:
        if len(args) != count:
            raise wrong({"op": op}, f"{op!r} takes {count} args, {len(args)} came; write for example {EXAMPLE}")
        return list(args)

    def _count(self, depth: int) -> None:
        self._nodes += 1
        if self._nodes > NODES_MAX or depth > DEPTH_MAX:
            raise LimitExceeded(f"The filter has more than {NODES_MAX} parts, or {DEPTH_MAX} levels; ask for less.")


def written(value: Any) -> str:
    """The value as JSON, for comparing and ordering."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def wrong(value: object, message: str) -> BadRequest:
    """An error about a part of a filter."""
    return BadRequest.of("filter", value, message)


def _joined(op: str, parts: Iterable[Filter]) -> Filter | None:
    flat = [inner for part in parts for inner in (part["args"] if part["op"] == op else [part])]
    several = [each for _, each in sorted({written(each): each for each in flat}.items())]
    if not several:
        return None
    return several[0] if len(several) == 1 else {"op": op, "args": several}


def _negated(inner: Filter) -> Filter:
    found: Filter = inner["args"][0] if inner["op"] == "not" else {"op": "not", "args": [inner]}
    return found


def _number(value: float) -> float | int:
    """5.0 is 5; what JSON cannot write is refused."""
    if not math.isfinite(value):
        raise wrong(value, "is not a finite number")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
