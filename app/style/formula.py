"""Colour formulas in rio-color's notation: ``gamma RGB 3.5, saturation 1.7, sigmoidal RGB 15 0.35``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import BadRequest
from app.model.raster import Raster
from app.style.rescale import blank_invalid
from app.style.tables import ColorTable

try:  # the original where it is installed; its fork gives the same to the last bit
    from rio_color.operations import parse_operations
except ImportError:
    from color_operations import parse_operations

Operation = Callable[[NDArray[Any]], NDArray[Any]]

OPERATIONS_MAX = 16
ARGUMENTS = {"gamma": ("bands", "gamma"), "sigmoidal": ("bands", "contrast", "bias"), "saturation": ("proportion",)}
EXAMPLE = "gamma RGB 3.5, saturation 1.7, sigmoidal RGB 15 0.35"


@lru_cache(maxsize=256)
def parse_formula(text: str) -> tuple[str, ...]:
    """Check a colour formula and return its operations, one text each, lower case.

    Commas are white space, as in rio-color.

    Raises:
        BadRequest: An unknown operation, a wrong number of arguments, a band that is not of RGB, a number out of range.
    """
    steps = _split(text)
    if not steps:
        raise BadRequest.of("color_formula", text, f"is empty; write for example {EXAMPLE!r}")
    if len(steps) > OPERATIONS_MAX:
        raise BadRequest.of("color_formula", text, f"has {len(steps)} operations, {OPERATIONS_MAX} are applied at most")
    for step in steps:
        if problem := _problem(step[0], step[1:]):
            raise BadRequest.of("color_formula", text, f"{problem}; write for example {EXAMPLE!r}")
    return tuple(" ".join(step) for step in steps)


def apply_formula(raster: Raster, formula: str | None) -> Raster:
    """Apply a colour formula, quantising to uint8 after each operation, as rio-tiler does.

    Values that are not uint8 are divided by the range of their dtype first: the 2020 notebook's formula expects
    uint16 reflectances scaled by 65535.

    Raises:
        BadRequest: The raster has floats (rescale them first), or not the three bands that saturation needs.
    """
    if formula is None:
        return raster
    if raster.data.dtype.kind not in "iu":
        raise BadRequest.of(
            "color_formula", formula, f"works on integers, the values are {raster.data.dtype}; add rescale=low,high"
        )
    steps = parse_formula(formula)
    for operation in steps:
        _require_bands(operation, raster.data.shape[0])
    data = np.maximum(raster.data, 0)
    if data.dtype == np.uint8 and data.shape[0] == 3:
        data = _table(steps)(data)
    else:
        data = _first_step(data, steps[0])
        rest = steps[1:]
        data = _table(rest)(data) if rest and data.shape[0] == 3 else _apply(data, rest)
    return replace(raster, data=blank_invalid(data, raster.mask), ranges=None)


def _first_step(data: NDArray[Any], step: str) -> NDArray[np.uint8]:
    """The first operation, which brings any integer dtype to uint8: by a table for uint16, unless it mixes bands."""
    if data.dtype != np.uint16 or step.startswith("saturation"):
        return _apply(data, (step,))
    return np.stack([table.take(band) for table, band in zip(_band_tables(step, data.shape[0]), data, strict=True)])


@lru_cache(maxsize=64)
def _band_tables(step: str, bands: int) -> NDArray[np.uint8]:
    """What every uint16 value of each band becomes by one operation that treats bands on their own."""
    values = np.arange(2**16, dtype=np.uint16)
    return _apply(np.broadcast_to(values, (bands, 2**16)), (step,))


@lru_cache(maxsize=4)
def _table(steps: tuple[str, ...]) -> ColorTable:
    """All operations on uint8 colours, remembered colour by colour."""
    return ColorTable(lambda colors: _apply(colors, steps))


def _apply(data: NDArray[Any], steps: Sequence[str]) -> NDArray[np.uint8]:
    """Apply operations one by one, quantising after each."""
    for step in steps:
        [operation] = parse_operations(step)
        data = _quantise(operation(data.astype(np.float64) / np.iinfo(data.dtype).max))
    return data


def _quantise(fractions: NDArray[Any]) -> NDArray[np.uint8]:
    quantised: NDArray[np.uint8] = (fractions * 255).astype(np.uint8)
    return quantised


def _split(text: str) -> list[list[str]]:
    """Group words into operations: one begins with its name, or with any word behind an operation that is complete."""
    steps: list[list[str]] = []
    for word in text.replace(",", " ").lower().split():
        complete = not steps or len(steps[-1]) > len(ARGUMENTS.get(steps[-1][0], ()))
        if word in ARGUMENTS or not steps or (complete and word.isalpha()):
            steps.append([])
        steps[-1].append(word)
    return steps


def _problem(name: str, arguments: Sequence[str]) -> str | None:
    if name not in ARGUMENTS:
        near = difflib.get_close_matches(name, ARGUMENTS, n=1)
        return f"{name!r} is not an operation (gamma, sigmoidal, saturation)" + (
            f", did you mean {near[0]!r}?" if near else ""
        )
    expected = ARGUMENTS[name]
    if len(arguments) != len(expected):
        values = "value" if len(expected) == 1 else "values"
        return f"{name} takes {len(expected)} {values} ({', '.join(expected)}), not {len(arguments)}"
    if expected[0] == "bands":
        if not re.fullmatch(r"[rgb123]{1,3}", arguments[0]):
            return f"{name} acts on bands written R, G, B or RGB, not {arguments[0]!r}"
        arguments = arguments[1:]
    return _bad_number(name, arguments)


def _bad_number(name: str, arguments: Sequence[str]) -> str | None:
    try:
        numbers = [float(argument) for argument in arguments]
    except ValueError:
        return f"{name} takes numbers, not {' '.join(arguments)!r}"
    if not all(np.isfinite(numbers)) or max(map(abs, numbers)) > 1000:
        return f"{name} takes finite numbers up to 1000"
    if name == "gamma" and numbers[0] <= 0:
        return "gamma must be above 0"
    if name == "saturation" and numbers[0] < 0:
        return "saturation must not be negative"
    if name == "sigmoidal" and not (0 <= numbers[1] <= 1):
        return "the bias of sigmoidal must be 0 to 1"
    return None


def _require_bands(step: str, bands: int) -> None:
    name, *rest = step.split()
    if name == "saturation":
        if bands != 3:
            raise BadRequest.of("color_formula", step, f"saturation needs three bands (red, green, blue), not {bands}")
        return
    highest = max({"r": 1, "g": 2, "b": 3}.get(letter) or int(letter) for letter in rest[0])
    if highest > bands:
        raise BadRequest.of(
            "color_formula", step, f"names band {highest}, there are {bands}; write {name} R … for one band"
        )
