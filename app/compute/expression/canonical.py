"""How is a tree said to numexpr for bands of these types, so that no integer wraps and nothing is divided in C by zero?

Every subtree knows its numexpr type and, for integers, the range its values can take. From the range follows the
narrowest type that cannot overflow: ``B08 + 100`` of uint16 is at most 65635 and stays int32, ``B08 * B04`` reaches
4.29e9 and becomes int64, ``B08 * B04 * B03 * B02`` passes 64 bits and becomes float64.

The canonical text has bands as ``v0 v1 ...``, whole numbers as bound arrays ``i0 i1 ...`` and other numbers as float
literals. numexpr must compile it with ``optimization="none"``: its own expansion of powers doubles ``((x**2)**2)**2``
at every level.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.compute.expression.functions import BIT_OPERATORS, FUNCTIONS, bits_on_floats
from app.compute.expression.scan import refuse
from app.model.expression import Band, Expression, Node, Number, Operation

MAX_OPERANDS = 60
"""Bands and different whole numbers in one output; numexpr takes 63 arrays."""
CACHED_PROGRAMS = 1024

Kind = Literal["bool", "int", "long", "float", "double"]
"""numexpr's names for bool, int32, int64, float32, float64."""

DTYPES: dict[Kind, np.dtype[Any]] = {
    "bool": np.dtype(np.bool_),
    "int": np.dtype(np.int32),
    "long": np.dtype(np.int64),
    "float": np.dtype(np.float32),
    "double": np.dtype(np.float64),
}
_INT32 = (-(2**31), 2**31 - 1)
_INT64 = (-(2**63), 2**63 - 1)
_EXACT_IN_FLOAT32 = 2**24
_LONGEST_SQUARED = 120
"""A base of so many characters is squared as ``(x*x)`` (0.1 ms a tile) and not by pow (1.1 ms)."""
_OPERAND = re.compile(r"\b[vi][0-9]+\b")


@dataclass(frozen=True, slots=True)
class Program:
    """One output for bands of certain types.

    Attributes:
        text: Canonical text for numexpr.
        kind: Type of its result.
        integers: The whole numbers it uses, by the name they have in ``text``; arrays without dimensions.
        constant: The value of an output without any band; it is not evaluated.
    """

    text: str
    kind: Kind
    integers: Mapping[str, NDArray[np.generic]]
    constant: int | float | None = None


@dataclass(frozen=True, slots=True)
class _Term:
    """Canonical text of a subtree, its type, its range (of integers and conditions; both ends included), its value.

    Only constants have a value.
    """

    text: str
    kind: Kind
    low: int = 0
    high: int = 1
    value: int | float | None = None

    @property
    def is_whole(self) -> bool:
        return self.kind in {"int", "long"}


@lru_cache(maxsize=CACHED_PROGRAMS)
def programs_for(expression: Expression, dtypes: tuple[np.dtype[Any], ...]) -> tuple[Program, ...]:
    """Write one program per output for bands of ``dtypes``, given in the order of ``expression.names``.

    The types are bool, integers up to int64 (no uint64), float16, float32 or float64.

    Raises:
        InvalidExpression: Bit operations on floats, or more operands than numexpr takes.
    """
    types = dict(zip(expression.names, dtypes, strict=True))
    return tuple(_Writer(expression, types).program(output) for output in expression.outputs)


class _Writer:
    """Writes the program of one output; keeps the whole numbers that it binds."""

    def __init__(self, expression: Expression, types: Mapping[str, np.dtype[Any]]) -> None:
        self._source = expression.text
        self._names = {name: f"v{index}" for index, name in enumerate(expression.names)}
        self._types = types
        self._bound: dict[tuple[int, Kind], str] = {}

    def program(self, output: Node) -> Program:
        """Write the text for numexpr, with the whole numbers that it binds."""
        term = self._term(output)
        if isinstance(output, Number):
            return Program(text="", kind=term.kind, integers={}, constant=output.value)
        used = set(_OPERAND.findall(term.text))
        if len(used) > MAX_OPERANDS:
            message = f"more than {MAX_OPERANDS} bands and different whole numbers; write some numbers as 3.0 or 2.5"
            raise refuse(self._source, output.position, message)
        arrays = {name: _scalar(*key) for key, name in self._bound.items() if name in used}
        return Program(text=term.text, kind=term.kind, integers=MappingProxyType(arrays))

    def _term(self, node: Node) -> _Term:
        if isinstance(node, Number):
            return self._number(node)
        if isinstance(node, Band):
            return self._band(node)
        terms = [self._term(argument) for argument in node.arguments]
        if node.name in FUNCTIONS and node.name != "where":
            return self._function(node.name, [self._whole(term) for term in terms])
        return self._operation(node, terms)

    def _number(self, node: Number) -> _Term:
        if isinstance(node.value, bool):
            zero = self._bind(0, "int")
            truth = int(node.value)
            return _Term(f"({zero}{'==' if truth else '!='}{zero})", "bool", truth, truth)
        return self._integer(node.value) if isinstance(node.value, int) else self._float(node.value)

    def _float(self, value: float) -> _Term:
        return _Term(_literal(value), "double", value=value)

    def _integer(self, value: int) -> _Term:
        kind = _kind_holding(value)
        return _Term(self._bind(value, kind), kind, value, value, value)

    def _band(self, node: Band) -> _Term:
        dtype = self._types[node.name]
        text = self._names[node.name]
        if dtype.kind == "f":
            return _Term(text, "double" if dtype.itemsize > 4 else "float")
        if dtype.kind == "b":
            return _Term(text, "bool")
        info = np.iinfo(dtype)
        return _Term(text, _kind_holding(info.min, info.max), int(info.min), int(info.max))

    def _operation(self, node: Operation, terms: list[_Term]) -> _Term:
        if node.name in BIT_OPERATORS:
            return self._bits(node, terms)
        match node.name:
            case "where":
                return self._where(*terms)
            case "and" | "or" | "not":
                return self._logic(node.name, terms)
        wholes = [self._whole(term) for term in terms]
        match node.name:
            case "pos":
                return wholes[0]
            case "neg":
                return self._negate(wholes[0])
            case "**":
                return self._power(*wholes)
            case "+" | "-" | "*" | "/" | "//" | "%":
                return self._arithmetic(node.name, *wholes)
        return self._compare(node.name, *wholes)

    def _arithmetic(self, sign: str, a: _Term, b: _Term) -> _Term:
        values = _range(sign, a, b) if a.is_whole and b.is_whole else None
        if values is None:
            return self._float_arithmetic(sign, a, b)
        kind = _widest(a.kind, b.kind, _kind_holding(*values, *_intermediates(sign, a, b)))
        return _Term(self._infix(sign, a, b, kind), kind, *values)

    def _float_arithmetic(self, sign: str, a: _Term, b: _Term) -> _Term:
        if sign == "//":  # numexpr has no 1.5 // v0
            return self._function("floor", [self._float_arithmetic("/", a, b)])
        kind = _float_kind(a, b)
        if sign == "/" and a.is_whole and b.is_whole:
            return _Term(f"({a.text}/{b.text})", kind)  # numexpr divides whole numbers in float64 by itself
        return _Term(self._infix(sign, a, b, kind), kind)

    def _compare(self, sign: str, a: _Term, b: _Term) -> _Term:
        kind = _widest(a.kind, b.kind) if a.is_whole and b.is_whole else _float_kind(a, b)
        return _Term(self._infix(sign, a, b, kind), "bool")

    def _infix(self, sign: str, a: _Term, b: _Term, kind: Kind) -> str:
        a, b = self._widen(kind, a, b)
        return f"({a.text}{sign}{b.text})"

    def _negate(self, a: _Term) -> _Term:
        if not a.is_whole:
            return _Term(f"(-{a.text})", a.kind)
        kind = _widest(a.kind, _kind_holding(-a.low, -a.high))
        return _Term(f"(-{self._cast(a, kind).text})", kind, -a.high, -a.low)

    def _power(self, base: _Term, exponent: _Term) -> _Term:
        """Powers are floats: float64 for whole numbers, else a square of int16 would need int64 and a cube float64."""
        if exponent.value == 0.5:
            return self._function("sqrt", [base])
        kind = "double" if base.is_whole else _float_kind(base, exponent)
        base = self._cast(base, kind)
        if exponent.value == 2 and len(base.text) <= _LONGEST_SQUARED:
            return _Term(f"({base.text}*{base.text})", kind)
        return _Term(f"({base.text}**{exponent.text})", kind)

    def _bits(self, node: Operation, terms: list[_Term]) -> _Term:
        if any(term.kind in {"float", "double"} for term in terms):
            raise refuse(self._source, node.position, bits_on_floats(node.name))
        if node.name == "~":
            return self._invert(terms[0])
        if node.name in {"<<", ">>"}:
            factor = self._integer(2 ** terms[1].low)
            return self._arithmetic("*" if node.name == "<<" else "//", self._whole(terms[0]), factor)
        a, b = terms
        if a.kind == b.kind == "bool":
            return _Term(f"({a.text}{node.name}{b.text})", "bool")
        return self._join_bits(node.name, self._whole(a), self._whole(b))

    def _join_bits(self, sign: str, a: _Term, b: _Term) -> _Term:
        kind = _widest(a.kind, b.kind)
        low, high = _INT32 if kind == "int" else _INT64
        if a.low >= 0 and b.low >= 0:
            low, high = 0, min(a.high, b.high) if sign == "&" else 2 ** max(a.high, b.high).bit_length() - 1
        return _Term(self._infix(sign, a, b, kind), kind, low, high)

    def _invert(self, a: _Term) -> _Term:
        if a.kind == "bool":
            return _Term(f"(~{a.text})", "bool")
        return _Term(f"(~{a.text})", a.kind, -a.high - 1, -a.low - 1)

    def _logic(self, word: str, terms: list[_Term]) -> _Term:
        conditions = [self._condition(term).text for term in terms]
        if word == "not":
            return _Term(f"(~{conditions[0]})", "bool")
        return _Term(f"({('&' if word == 'and' else '|').join(conditions)})", "bool")

    def _where(self, condition: _Term, a: _Term, b: _Term) -> _Term:
        test = self._condition(condition).text
        if a.kind == b.kind == "bool":
            return _Term(f"where({test},{a.text},{b.text})", "bool")
        a, b = self._whole(a), self._whole(b)
        kind = _widest(a.kind, b.kind) if a.is_whole and b.is_whole else _float_kind(a, b)
        x, y = self._widen(kind, a, b)
        return _Term(f"where({test},{x.text},{y.text})", kind, min(a.low, b.low), max(a.high, b.high))

    def _function(self, name: str, terms: list[_Term]) -> _Term:
        rule = FUNCTIONS[name][1]
        if rule == "same" and terms[0].is_whole:
            return self._whole_function(name, terms[0])
        kind: Kind = _float_kind(*terms) if rule == "float" else "double"
        if rule != "bool":
            terms = list(self._widen(kind, *terms)) if len(terms) > 1 else terms
        text = f"{name}({','.join(term.text for term in terms)})"
        return _Term(text, "bool" if rule == "bool" else kind)

    def _whole_function(self, name: str, a: _Term) -> _Term:
        return a if name == "round" else _Term(f"sign({a.text})", a.kind, -1, 1)

    def _whole(self, term: _Term) -> _Term:
        """Count a condition as 0 or 1; other terms stay as they are."""
        return _Term(f"({term.text}+{self._bind(0, 'int')})", "int", 0, 1) if term.kind == "bool" else term

    def _condition(self, term: _Term) -> _Term:
        """Take a number as a condition: true unless 0 (an undefined value is true, as in Python)."""
        return term if term.kind == "bool" else _Term(f"({term.text}!={self._bind(0, 'int')})", "bool")

    def _widen(self, kind: Kind, *terms: _Term) -> tuple[_Term, ...]:
        """Give one of the terms the type ``kind`` if none has it; numexpr then brings the others along."""
        if kind in {term.kind for term in terms}:
            return terms
        chosen = next((index for index, term in enumerate(terms) if term.value is not None), 0)
        return tuple(self._cast(term, kind) if index == chosen else term for index, term in enumerate(terms))

    def _cast(self, term: _Term, kind: Kind) -> _Term:
        if term.kind == kind:
            return term
        if kind == "double":
            return _Term(f"({term.text}*1.0)" if term.value is None else _literal(float(term.value)), kind)
        if term.value is not None:
            return _Term(self._bind(term.low, kind), kind, term.low, term.high, term.value)
        return _Term(f"({term.text}+{self._bind(0, kind)})", kind, term.low, term.high)

    def _bind(self, value: int, kind: Kind) -> str:
        return self._bound.setdefault((value, kind), f"i{len(self._bound)}")


def _range(sign: str, a: _Term, b: _Term) -> tuple[int, int] | None:
    """Find the range of an integer operation; None where the result is not an integer for every pixel.

    Worked case: ``uint8 - uint16`` is -65535..255. ``/`` never is; ``//`` and ``%`` only are when 0 cannot divide.
    """
    if sign == "+":
        return a.low + b.low, a.high + b.high
    if sign == "-":
        return a.low - b.high, a.high - b.low
    if sign == "*":
        corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        return min(corners), max(corners)
    if sign == "/" or b.low <= 0 <= b.high:
        return None
    if sign == "%":
        return (0, b.high - 1) if b.low > 0 else (b.low + 1, 0)
    corners = [x // y for x in (a.low, a.high) for y in (b.low, b.high)]
    return min(corners), max(corners)


def _intermediates(sign: str, a: _Term, b: _Term) -> tuple[int, ...]:
    """List what the C code of numexpr computes on the way: ``((a % b) + b) % b``, and ``a // -1`` is ``-a``.

    It does not check either: ``-2**31 // -1`` in int32 is a SIGFPE, which ends the process.
    """
    if sign not in {"//", "%"}:
        return ()
    return (2 * b.low, 2 * b.high, -a.low) if b.low <= -1 <= b.high else (2 * b.low, 2 * b.high)


def _kind_holding(*values: int) -> Kind:
    low, high = min(values), max(values)
    if _INT32[0] <= low and high <= _INT32[1]:
        return "int"
    return "long" if _INT64[0] <= low and high <= _INT64[1] else "double"


def _widest(*kinds: Kind) -> Kind:
    return max(kinds, key=list(DTYPES).index)


def _float_kind(*terms: _Term) -> Kind:
    """Choose float32 only when one term is float32 and the others fit it exactly; else float64."""
    kinds = {term.kind for term in terms}
    if "double" in kinds or "float" not in kinds:
        return "double"
    exact = all(max(abs(term.low), abs(term.high)) <= _EXACT_IN_FLOAT32 for term in terms if term.is_whole)
    return "float" if exact else "double"


def _literal(value: float) -> str:
    return f"({value!r})" if value < 0 else repr(value)


def _scalar(value: int, kind: Kind) -> NDArray[np.generic]:
    array: NDArray[np.generic] = np.array(value, dtype=DTYPES[kind])
    array.flags.writeable = False
    return array
