"""CQL2 text, ``eo:cloud_cover < 5 AND platform IN ('a', 'b')``: read into CQL2 JSON, and written from it."""

from __future__ import annotations

import json
import re
from typing import Any

from app.errors import BadRequest, LimitExceeded
from app.match.cql2.normal import DEPTH_MAX, MIRRORED, Filter, normalise, property_of

LENGTH_MAX = 8192
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^']|'')*')
      | (?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<quoted>"[^"]+")
      | (?P<word>[A-Za-z_][\w:.]*(?:-[\w:.]+)*)
      | (?P<sign><>|<=|>=|[<>=(),])
    )""",
    re.VERBOSE,
)
_KEYWORDS = frozenset("AND OR NOT IN BETWEEN LIKE IS NULL TRUE FALSE".split())
_EXAMPLE = "eo:cloud_cover < 5 AND platform = 'sentinel-2a'"


def parse_text(text: str) -> Filter:
    """Read a filter, and put it in order.

    Raises:
        BadRequest: It cannot be read; the message shows the place.
        LimitExceeded: It is too long or nested too deep.
    """
    if len(text) > LENGTH_MAX:
        raise LimitExceeded(f"The filter has {len(text)} characters, {LENGTH_MAX} are read at most.")
    parser = _Parser(text)
    found = parser.disjunction(0)
    if parser.kind:
        raise parser.wrong("and, or, or the end")
    return normalise(found)


def write_text(filter: Filter) -> str | None:
    """Write a filter that is in order; None when it has parts that are not written here."""
    try:
        return _write(filter)
    except KeyError:
        return None


class _Parser:
    """Reads from left to right, one token ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.kind = ""
        self.value = ""
        self._next()

    def _next(self) -> str:
        """Step on; gives the token that was here."""
        here = self.value
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            if self._text[self._at :].strip():
                raise self.wrong("a property, a value or an operator")
            self.kind = self.value = ""
            return here
        self._at = match.end()
        self.kind = str(match.lastgroup)
        self.value = match[self.kind]
        if self.kind == "word" and self.value.upper() in _KEYWORDS:
            self.kind, self.value = "keyword", self.value.upper()
        return here

    def wrong(self, wanted: str) -> BadRequest:
        """An error about this place."""
        around = self._text[max(0, self._at - 20) : self._at + 20].strip()
        return BadRequest.of("filter", around or "nothing", f"{wanted} is expected here, as in {_EXAMPLE}")

    def _take(self, *values: str) -> bool:
        """Step over a keyword or sign if it is here."""
        if self.kind in ("keyword", "sign") and self.value in values:
            self._next()
            return True
        return False

    def _require(self, value: str) -> None:
        if not self._take(value):
            raise self.wrong(value)

    def disjunction(self, depth: int) -> Any:
        """Read what is joined by OR, ``depth`` brackets deep; raises ``BadRequest`` and ``LimitExceeded``."""
        if depth > DEPTH_MAX:
            raise LimitExceeded(f"The filter has more than {DEPTH_MAX} levels of brackets; ask for less.")
        parts = [self._conjunction(depth)]
        while self._take("OR"):
            parts.append(self._conjunction(depth))
        return {"op": "or", "args": parts}

    def _conjunction(self, depth: int) -> Any:
        parts = [self._term(depth)]
        while self._take("AND"):
            parts.append(self._term(depth))
        return {"op": "and", "args": parts}

    def _term(self, depth: int) -> Any:
        if self._take("NOT"):
            return {"op": "not", "args": [self._after_not(depth + 1)]}
        if self._take("("):
            inner = self.disjunction(depth + 1)
            self._require(")")
            return inner
        return self._predicate()

    def _after_not(self, depth: int) -> Any:
        if depth > DEPTH_MAX:
            raise LimitExceeded(f"The filter has more than {DEPTH_MAX} levels; ask for less.")
        return self._term(depth)

    def _predicate(self) -> Any:
        left = self._scalar()
        if self.kind == "sign" and self.value in MIRRORED:
            return {"op": self._next(), "args": [left, self._scalar()]}
        if self._take("IS"):
            negated = self._take("NOT")
            self._require("NULL")
            return _maybe_not(negated, {"op": "isNull", "args": [left]})
        negated = self._take("NOT")
        return _maybe_not(negated, self._rest(left))

    def _rest(self, left: Any) -> Any:
        if self._take("LIKE"):
            return {"op": "like", "args": [left, self._scalar()]}
        if self._take("BETWEEN"):
            low = self._scalar()
            self._require("AND")
            return {"op": "between", "args": [left, low, self._scalar()]}
        if self._take("IN"):
            return {"op": "in", "args": [left, self._list()]}
        raise self.wrong("a comparison")

    def _list(self) -> list[Any]:
        self._require("(")
        values = [self._scalar()]
        while self._take(","):
            values.append(self._scalar())
        self._require(")")
        return values

    def _scalar(self) -> Any:
        kind = self.kind
        if kind == "text":
            return self._next()[1:-1].replace("''", "'")
        if kind == "number":
            return float(self._next())  # put in order, 5.0 is 5
        if kind == "quoted":
            return {"property": self._next()[1:-1]}
        if kind == "keyword" and self.value in ("TRUE", "FALSE"):
            return self._next() == "TRUE"
        if kind == "word":
            word = self._next()
            return self._moment(word.lower()) if self._take("(") else {"property": word}
        raise self.wrong("a property or a value")

    def _moment(self, function: str) -> Any:
        if function not in ("timestamp", "date") or self.kind != "text":
            raise self.wrong("TIMESTAMP('2019-12-11T00:00:00Z') or DATE('2019-12-11')")
        moment = {function: self._next()[1:-1]}
        self._require(")")
        return moment


def _maybe_not(negated: bool, filter: Any) -> Any:
    return {"op": "not", "args": [filter]} if negated else filter


def _write(filter: Filter) -> str:
    op, args = filter["op"], filter["args"]
    if op in ("and", "or"):
        return f" {op.upper()} ".join(f"({_write(each)})" for each in args)
    if op == "not":
        return f"NOT ({_write(args[0])})"
    if op == "isNull":
        return f"{_operand(args[0])} IS NULL"
    if op == "in":
        return f"{_operand(args[0])} IN ({', '.join(map(_operand, args[1]))})"
    return f"{_operand(args[0])} {_SIGNS[op]} {_operand(args[1])}"


_SIGNS = {**{sign: sign for sign in MIRRORED}, "like": "LIKE"}


def _operand(value: Any) -> str:
    """A property or value; ``KeyError`` for anything else."""
    if (name := property_of(value)) is not None:
        return name if re.fullmatch(r"[A-Za-z_][\w:.]*", name) and name.upper() not in _KEYWORDS else f'"{name}"'
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, dict):
        [(function, text)] = value.items() if len(value) == 1 else [("", "")]
        return {"timestamp": f"TIMESTAMP('{text}')", "date": f"DATE('{text}')"}[function]
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise KeyError
