"""Which pixels are wanted, by what a band of classes or of flags says of each?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.model.raster import Raster
from app.model.request import MaskRule

Wanted = NDArray[np.bool_]


def wanted(pieces: Iterator[Raster], rules: Sequence[MaskRule]) -> Wanted | None:
    """Find the pixels that every rule wants: shape ``(y, x)``, or None where there is no rule.

    Args:
        pieces: One raster of one band for each rule is taken; what lies behind them stays.
    """
    shown: Wanted | None = None
    for rule in rules:
        own = wanted_by(rule, next(pieces))
        shown = own if shown is None else shown & own
    return shown


def wanted_by(rule: MaskRule, flags: Raster) -> Wanted:
    """Find the pixels that a rule wants; where the band has no value, it has none of those named.

    Args:
        flags: One band of whole numbers.
    """
    values = flags.data[0]
    named: Wanted = _has_any_bit(values, rule.bits) if rule.bits else np.isin(values, _of_dtype(values, rule.values))
    named &= flags.mask[0]
    return named if rule.keep else ~named


def _has_any_bit(values: NDArray[Any], bits: Iterable[int]) -> Wanted:
    held = values.dtype.itemsize * 8
    pattern = reduce(or_, (1 << bit for bit in bits if bit < held), 0)
    unsigned = values.view(f"u{values.dtype.itemsize}")  # the highest bit of a signed number is its sign
    found: Wanted = np.bitwise_and(unsigned, unsigned.dtype.type(pattern)) != 0
    return found


def _of_dtype(values: NDArray[Any], named: Iterable[int]) -> NDArray[Any]:
    """The named values that the dtype can hold: numpy is quick where both are alike."""
    if values.dtype.kind not in "iu":
        return np.array(list(named), values.dtype)
    info: Any = np.iinfo(values.dtype)
    return np.array([value for value in named if info.min <= value <= info.max], values.dtype)


def hide(raster: Raster, shown: Wanted | None) -> Raster:
    """Make the pixels invalid that are not wanted, in all bands.

    Args:
        shown: Shape ``(y, x)``; None: all are wanted.
    """
    if shown is None:
        return raster
    mask = raster.mask & shown
    return replace(raster, data=np.where(mask, raster.data, np.zeros((), raster.data.dtype)), mask=mask)
