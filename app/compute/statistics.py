"""Numbers over the values of each band: those of rio-tiler, in types that JSON has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rio_tiler.utils import get_array_statistics

from app.errors import BadRequest, LimitExceeded
from app.model.raster import Raster
from app.model.request import Tally

Measured = list[tuple[str, dict[str, Any]]]
"""Name and statistics of each band, in order."""

CATEGORIES_MAX = 4096
"""Different values that are listed of one band: classes are fewer, heights are more."""


def measure(raster: Raster, tally: Tally, coverage: NDArray[np.float32] | None = None) -> Measured:
    """Measure each band.

    Args:
        coverage: How much each pixel counts, 0 to 1: shape ``(y, x)``; None: all count alike.

    Raises:
        BadRequest: The values do not fit into the bins, or a category is no value of the raster.
        LimitExceeded: More categories than can be listed.
    """
    covers = coverage is None or coverage.any()  # a shape may be so small that it touches no cell
    found = []
    for name, data, mask, description in zip(raster.names, raster.data, raster.mask, raster.descriptions, strict=True):
        values = np.ma.MaskedArray(data, ~mask if covers else True)
        if tally.categorical:
            _require_categories(name, values, tally)
        numbers = _numbers(values, tally, coverage if covers else None)
        found.append((name, {**_in_json(numbers), "description": description}))
    return found


def _numbers(values: np.ma.MaskedArray[Any, Any], tally: Tally, coverage: NDArray[np.float32] | None) -> dict[str, Any]:
    """The numbers of one band of shape ``(y, x)``."""
    options = {} if tally.categorical else {"bins": tally.bins, "range": tally.range}
    try:
        with np.errstate(all="ignore"):  # sums of huge floats are infinite, and left out of the answer
            [numbers] = get_array_statistics(
                values,
                categorical=tally.categorical,
                categories=list(tally.categories) or None,
                percentiles=list(tally.percentiles),
                coverage=coverage,
                **options,
            )
    except ValueError as err:
        told = "cannot be laid over the values, which lie too close together or too far apart; give histogram_range"
        raise BadRequest.of("histogram_bins", tally.bins, told) from err
    return numbers


def _require_categories(name: str, values: np.ma.MaskedArray[Any, Any], tally: Tally) -> None:
    """Judge the categories that are named, or how many there would be."""
    for category in tally.categories:
        _require_value(category, values.dtype)
    if not tally.categories and (count := np.unique(values.compressed()).size) > CATEGORIES_MAX:
        raise LimitExceeded(
            f"categorical: {name} has {count} different values, {CATEGORIES_MAX} are listed at most; "
            "name the ones to count, such as c=1&c=2, or leave categorical out."
        )


def _require_value(category: float, dtype: np.dtype[Any]) -> None:
    """Refuse a category that the pixels cannot hold: cast to their type, it would be another value's."""
    if dtype.kind not in "iu":
        return
    limits = np.iinfo(dtype)
    if not (limits.min <= category <= limits.max and category == int(category)):
        told = f"is not a value of the pixels, which are {dtype} ({limits.min} to {limits.max})"
        raise BadRequest.of("c", f"{category:g}", told)


def _in_json(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The same with None for what is not a finite number, as of a band without valid pixels."""
    return {name: _finite(value) for name, value in numbers.items()}


def _finite(value: Any) -> Any:
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return float(value) if isinstance(value, np.floating | float) and math.isfinite(value) else _whole(value)


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | np.integer) else None
