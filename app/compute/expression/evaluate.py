"""What is an expression for these arrays? One numexpr pass per output; undefined pixels are marked and become 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numexpr
import numpy as np
from numpy.typing import NDArray

from app.compute.expression.canonical import DTYPES, Program, programs_for
from app.compute.expression.scan import refuse
from app.errors import shorten
from app.model.expression import Band, Expression, Node, Operation

_NAMES_SHOWN = 20


def evaluate(
    expression: Expression, bands: Mapping[str, NDArray[Any]]
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Compute all outputs; safe from several threads at once.

    uint16 bands: ``B08-B04`` is int32 and negative where B04 is larger, ``B08*B04`` is int64, ``B08/B04`` is float64
    and undefined where B04 is 0, ``B04>1000`` is uint8 with 0 and 1.

    Args:
        expression: What to compute.
        bands: An array per name, at least for ``expression.names``; bool, integer or float, all of one shape
            (``(y, x)``, ``(n,)`` or ``()``). They are not changed.

    Returns:
        data: Shape ``(output, *shape)``, of the type that holds all outputs; finite, 0 where undefined.
        defined: Shape ``shape``; False where any output is NaN or infinite (0/0, log of -1, overflow).

    Raises:
        InvalidExpression: A band is missing or is not of numbers, or bit operations are used on floats.
    """
    arrays = [_operand(expression, name, bands) for name in expression.names]
    programs = programs_for(expression, tuple(array.dtype for array in arrays))
    operands = {f"v{index}": array for index, array in enumerate(arrays)}
    dtype = np.result_type(*(_stored(program) for program in programs))
    data = np.empty((len(programs), *arrays[0].shape), dtype)
    for index, program in enumerate(programs):
        _run(program, operands, data[index, ...])
    return _blank_undefined(data)


def _run(program: Program, operands: Mapping[str, NDArray[Any]], out: NDArray[Any]) -> None:
    if program.constant is not None:
        out[...] = program.constant
        return
    numexpr.evaluate(
        program.text,
        local_dict={**operands, **program.integers},
        global_dict={},
        out=out,
        casting="safe",  # would fail, not round, if numexpr had another type than the program says
        optimization="none",
        sanitize=True,
    )


def _stored(program: Program) -> np.dtype[Any]:
    """Keep conditions as uint8 0 and 1, which every encoder takes."""
    return np.dtype(np.uint8) if program.kind == "bool" else DTYPES[program.kind]


def _blank_undefined(data: NDArray[Any]) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    if data.dtype.kind != "f":
        return data, np.ones(data.shape[1:], np.bool_)
    defined: NDArray[np.bool_] = np.asarray(np.isfinite(data).all(axis=0))
    if not defined.all():
        np.copyto(data, 0, where=~defined)
    return data, defined


def _operand(expression: Expression, name: str, bands: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """Find a band; uint64 and long double become float64, which is what numexpr can hold of them."""
    if name not in bands:
        there = ", ".join(sorted(bands)[:_NAMES_SHOWN]) + (" …" if len(bands) > _NAMES_SHOWN else "")
        raise refuse(
            expression.text, _first_use(expression, name), f"there is no band {shorten(name, 24)!r}; there are {there}"
        )
    array = np.asarray(bands[name])
    if array.dtype.kind not in "biuf":
        message = f"the band {name!r} has values of type {array.dtype}; expressions take whole and decimal numbers"
        raise refuse(expression.text, _first_use(expression, name), message)
    if array.dtype in (np.uint64, np.longdouble):
        return array.astype(np.float64)
    return array


def _first_use(expression: Expression, name: str) -> int:
    places = (place for output in expression.outputs for place in _places(output, name))
    return min(places, default=0)


def _places(node: Node, name: str) -> list[int]:
    if isinstance(node, Operation):
        return [place for argument in node.arguments for place in _places(argument, name)]
    return [node.position] if isinstance(node, Band) and node.name == name else []
