"""Which functions are there, and what is an operation on constants?

Constants are folded here, number by number and bounded, because numexpr would fold them as Python objects of any size
while it holds the GIL.
"""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from app.errors import shorten

LARGEST_INTEGER = 2**63 - 1
BIT_OPERATORS = frozenset({"&", "|", "^", "~", "<<", ">>"})

# Which numexpr type a function gives. "float": float32 stays, integers become float64; "double": always float64;
# "same": integers stay integers; "bool": a condition.
FUNCTIONS: dict[str, tuple[int, str]] = {
    "where": (3, "where"),
    **dict.fromkeys(("sqrt", "exp", "expm1", "log", "log1p", "log10", "log2", "ceil", "floor", "abs"), (1, "float")),
    **dict.fromkeys(("sin", "cos", "tan", "arcsin", "arccos", "arctan"), (1, "float")),
    **dict.fromkeys(("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"), (1, "float")),
    **dict.fromkeys(("arctan2", "fmod"), (2, "float")),
    **dict.fromkeys(("hypot", "copysign", "nextafter", "maximum", "minimum"), (2, "double")),
    "trunc": (1, "double"),
    **dict.fromkeys(("round", "sign"), (1, "same")),
    **dict.fromkeys(("isnan", "isfinite", "isinf", "signbit"), (1, "bool")),
}
_EVERY_FUNCTION = f"there are {', '.join(sorted(FUNCTIONS))}"
_HINTS = {
    "min": "the smaller of two values is minimum(a, b)",
    "max": "the larger of two values is maximum(a, b)",
    "clip": "write minimum(maximum(x, low), high)",
    "pow": "a power is written a ** b",
    "power": "a power is written a ** b",
    "mod": "a remainder is written a % b",
    "ln": "the natural logarithm is log(x)",
    "asin": "write arcsin",
    "acos": "write arccos",
    "atan": "write arctan",
    "atan2": "write arctan2",
    **dict.fromkeys(
        ("sum", "prod", "mean", "median", "std"), "expressions work pixel by pixel; join bands with + or *"
    ),
}


def _floor_divide(a: float, b: float) -> float:
    """Divide as numexpr does for arrays: ``1.0 // 0.1`` is 10.0 there (Python says 9.0)."""
    return a // b if isinstance(a, int) and isinstance(b, int) else float(math.floor(a / b))


def _remainder(a: float, b: float) -> float:
    return a % b if isinstance(a, int) and isinstance(b, int) else a - math.floor(a / b) * b


def _power(a: float, b: float) -> float:
    return a**b if isinstance(a, int) and isinstance(b, int) and b >= 0 else math.pow(a, b)


def _invert(a: Any) -> int:
    return not a if isinstance(a, bool) else ~a


_FOLDS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": _floor_divide,
    "%": _remainder,
    "**": _power,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "and": lambda *values: all(values),
    "or": lambda *values: any(values),
    "not": operator.not_,
    "~": _invert,
    "neg": operator.neg,
    "pos": operator.pos,
}


def fold(name: str, values: list[int | float]) -> int | float:
    """Compute an operation on constants: whole numbers exactly while they fit 64 bits, else in float64.

    Raises:
        OverflowError, ZeroDivisionError, ValueError: There is no such number.
    """
    result = _FOLDS[name](*values) if name in _FOLDS else _fold_function(name, values)
    if isinstance(result, int) and abs(result) <= LARGEST_INTEGER:
        return result
    return float(result)


def _fold_function(name: str, values: list[int | float]) -> int | float:
    kept = [+value if FUNCTIONS[name][1] == "same" else float(value) for value in values]
    with np.errstate(all="ignore"):
        result: int | float = getattr(np, name)(*kept).item()
    return result


def bits_on_floats(name: str) -> str:
    """Say why a bit operation cannot be, and what was perhaps meant."""
    remedy = "a power is written a ** b" if name == "^" else "compare first, such as (B04 > 0.2)"
    return f"{name} works on whole numbers and conditions, and this has decimals; {remedy}"


def unknown_function(spelled: str) -> str:
    """Say which functions there are, the likeliest first: ``sqr`` -> ``did you mean sqrt?``."""
    name = spelled.lower()
    near = difflib.get_close_matches(name[:24], FUNCTIONS, n=3)
    hint = _HINTS.get(name) or (f"did you mean {' or '.join(near)}?" if near else "")
    return "; ".join(filter(None, [f"there is no function {shorten(spelled, 24)!r}", hint, _EVERY_FUNCTION]))
