"""What does the text say? Python's grammar gives the order of operations; the tree is ours, and constants are folded.

After this step no operation has only constant arguments, so numexpr finds nothing to fold.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from functools import lru_cache

from app.compute.expression.functions import (
    BIT_OPERATORS,
    FUNCTIONS,
    LARGEST_INTEGER,
    bits_on_floats,
    fold,
    unknown_function,
)
from app.compute.expression.scan import Piece, refuse, scan
from app.model.expression import Band, Expression, Node, Number, Operation

MAX_DEPTH = 32
MAX_EXPONENT = 16
MAX_SHIFT = 62
CACHED_EXPRESSIONS = 1024
_UNREADABLE = "cannot be read; add parentheses, and write numbers without leading zeros"


@lru_cache(maxsize=CACHED_EXPRESSIONS)
def compile_expression(text: str) -> Expression:
    """Read a band expression; the last 1024 different texts are remembered, errors are not.

    ``(B08-B04)/(B08+B04); where(SCL==4, 1, 0)`` has two outputs and the names ``("B08", "B04", "SCL")``.

    Raises:
        InvalidExpression: With the position of the fault in ``text`` (from 0) and what to write instead.
    """
    pieces = scan(text)
    names: dict[str, None] = {}
    outputs = tuple(_Reader(text, piece, names).read() for piece in pieces)
    if not names:
        raise refuse(text, pieces[0].start, "it names no band; an example is (B08-B04)/(B08+B04)")
    descriptions = tuple(piece.text for piece in pieces)
    return Expression(text=text, outputs=outputs, names=tuple(names), descriptions=descriptions)


class _Reader:
    """Turns the source of one output into our nodes; collects names in order of first use."""

    def __init__(self, text: str, piece: Piece, names: dict[str, None]) -> None:
        self._text = text
        self._piece = piece
        self._names = names

    def read(self) -> Node:
        """Turn Python's tree of one output into ours."""
        try:
            tree = ast.parse(self._piece.text, mode="eval")
        except SyntaxError as err:
            position = self._piece.start + max(0, (err.offset or 1) - 1)
            raise refuse(self._text, min(position, len(self._text)), _UNREADABLE) from err
        except (ValueError, RecursionError, MemoryError) as err:
            raise refuse(self._text, self._piece.start, "cannot be read; simplify") from err
        return self._node(tree.body, 1)

    def _node(self, tree: ast.expr, depth: int) -> Node:
        position = self._piece.start + tree.col_offset
        if depth > MAX_DEPTH:
            raise refuse(self._text, position, f"nested deeper than {MAX_DEPTH} operations; group it with parentheses")
        match tree:
            case ast.Constant(value=value):
                return self._number(value, position)
            case ast.Name(id=name):
                self._names.setdefault(name)
                return Band(name, position)
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._call(name, args, depth, position)
        name, operands = self._operator(tree, position)
        nodes = tuple(self._node(operand, depth + 1) for operand in operands)
        return self._operation(name, nodes, position)

    def _operator(self, tree: ast.expr, position: int) -> tuple[str, list[ast.expr]]:
        match tree:
            case ast.BinOp(left=left, op=op, right=right):
                return _OPERATORS[type(op)], [left, right]
            case ast.UnaryOp(op=op, operand=operand):
                return _OPERATORS[type(op)], [operand]
            case ast.BoolOp(op=op, values=values):
                return _OPERATORS[type(op)], values
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return _OPERATORS[type(op)], [left, right]
            case ast.Compare():
                message = "comparisons cannot be chained; write (0 < B04) & (B04 < 10)"
                raise refuse(self._text, position, message)
        raise refuse(self._text, position, "this is not part of the expression language")

    def _number(self, value: object, position: int) -> Number:
        if isinstance(value, int) and abs(value) <= LARGEST_INTEGER:
            return Number(value, position)
        if isinstance(value, int | float):
            return self._finite(lambda: float(value), position)
        raise refuse(self._text, position, "this is not a number that can be used")

    def _call(self, spelled: str, args: list[ast.expr], depth: int, position: int) -> Node:
        name = spelled.lower()
        if name not in FUNCTIONS:
            raise refuse(self._text, position, unknown_function(spelled))
        arity = FUNCTIONS[name][0]
        if len(args) != arity:
            number = "1 argument" if arity == 1 else f"{arity} arguments"
            raise refuse(self._text, position, f"{name}() takes {number}, not {len(args)}")
        nodes = tuple(self._node(arg, depth + 1) for arg in args)
        return self._operation(name, nodes, position)

    def _operation(self, name: str, nodes: tuple[Node, ...], position: int) -> Node:
        self._check_constants(name, nodes, position)
        if name == "where" and isinstance(nodes[0], Number):
            return nodes[1] if nodes[0].value else nodes[2]
        values = [node.value for node in nodes if isinstance(node, Number)]
        if len(values) < len(nodes):
            return Operation(name, nodes, position)
        return self._finite(lambda: fold(name, values), position)

    def _check_constants(self, name: str, nodes: tuple[Node, ...], position: int) -> None:
        if name in BIT_OPERATORS and any(isinstance(node, Number) and isinstance(node.value, float) for node in nodes):
            raise refuse(self._text, position, bits_on_floats(name))
        last = nodes[-1]
        constant = last.value if isinstance(last, Number) else None
        if name == "**" and constant is not None and abs(constant) > MAX_EXPONENT:
            raise refuse(self._text, last.position, f"an exponent is at most {MAX_EXPONENT}, or a band")
        if name in {"/", "//", "%"} and constant == 0:
            raise refuse(self._text, last.position, "this divides by the constant 0; every pixel would be undefined")
        if name in {"<<", ">>"} and not (isinstance(constant, int) and 0 <= constant <= MAX_SHIFT):
            message = f"the right side of {name} is a whole number from 0 to {MAX_SHIFT}"
            raise refuse(self._text, last.position, message)

    def _finite(self, compute: Callable[[], int | float], position: int) -> Number:
        try:
            value = compute()
            if math.isfinite(value):
                return Number(value, position)
        except (OverflowError, ZeroDivisionError, ValueError):
            pass  # refused below, like infinities
        raise refuse(self._text, position, "this constant is not a finite number that fits a float64")


_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.And: "and",
    ast.Or: "or",
    ast.Not: "not",
    ast.Invert: "~",
    ast.USub: "neg",
    ast.UAdd: "pos",
}
