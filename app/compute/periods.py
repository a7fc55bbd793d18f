"""Numbers of many moments, put together by day, month, season or year."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Numbers = Mapping[str, float | None]
"""Name to value; None where there is none."""
Bands = Mapping[str, Numbers]

_SEASONS = ("DJF", "MAM", "JJA", "SON")

PERIODS: dict[str, Callable[[datetime], str]] = {
    "day": lambda moment: moment.strftime("%Y-%m-%d"),
    "month": lambda moment: moment.strftime("%Y-%m"),
    "season": lambda moment: f"{moment.year + moment.month // 12}-{_SEASONS[moment.month % 12 // 3]}",
    "year": lambda moment: moment.strftime("%Y"),
}
"""Name of the period of a moment in UTC; seasons are those of meteorology, December belongs to the next year's."""

REDUCERS: dict[str, Callable[[NDArray[np.float64]], np.floating]] = {
    "mean": np.mean,
    "median": np.median,
    "min": np.min,
    "max": np.max,
    "std": np.std,
    "sum": np.sum,
    "count": lambda known: np.float64(known.size),
    "first": lambda known: known[0],
    "last": lambda known: known[-1],
}
"""``std`` is that of the population (numpy's default), as in statistics; ``first`` and ``last`` are those of time."""


def reduce_bands(moments: Sequence[Bands], reducer: str) -> dict[str, dict[str, float | None]]:
    """Put together the numbers of equal names of equal bands; those that are None do not count.

    Args:
        moments: What each moment has, in the order of time; the first one says which bands and numbers there are.
        reducer: A name of ``REDUCERS``.
    """
    return {
        band: {name: _reduced([each[band][name] for each in moments if band in each], reducer) for name in numbers}
        for band, numbers in moments[0].items()
    }


def _reduced(values: Sequence[float | None], reducer: str) -> float | None:
    known = np.array([value for value in values if value is not None], np.float64)
    return float(REDUCERS[reducer](known)) if known.size or reducer == "count" else None
