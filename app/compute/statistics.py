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
    values = np.ma.MaskedArray(raster.data, ~raster.mask)
    if coverage is not None and not coverage.any():  # a shape so small that it touches no cell
        values, coverage = np.ma.MaskedArray(raster.data, mask=True), None
    _require_categories(raster, tally)
    try:
        with np.errstate(all="ignore"):  # sums of huge floats are infinite, and left out below
            found = get_array_statistics(
                values,
                categorical=tally.categorical,
                categories=list(tally.categories) or None,
                percentiles=list(tally.percentiles),
                coverage=coverage,
                **({} if tally.categorical else {"bins": tally.bins, "range": tally.range}),
            )
    except ValueError as err:
        told = "cannot be laid over the values, which lie too close together or too far apart; give histogram_range"
        raise BadRequest.of("histogram_bins", tally.bins, told) from err
    told_bands = zip(raster.names, found, raster.descriptions, strict=True)
    return [(name, {**_in_json(each), "description": description}) for name, each, description in told_bands]


def _require_categories(raster: Raster, tally: Tally) -> None:
    if not tally.categorical:
        return
    for category in tally.categories:
        _require_value(category, raster.data.dtype)
    for name, band, mask in zip(raster.names, raster.data, raster.mask, strict=True):
        if not tally.categories and (count := np.unique(band[mask]).size) > CATEGORIES_MAX:
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
