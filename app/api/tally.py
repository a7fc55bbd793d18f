"""What to count: the parameters of statistics become a ``Tally``."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

from app.api.params import WGS84, parse_crs
from app.api.query import Query
from app.model.grid import Frame
from app.model.request import Tally

BINS_MAX = 1024
COVER_SCALE_MAX = 1000


def parse_tally(query: Query, *, bins: int = 10) -> Tally:
    """Read percentiles, bins and categories.

    Args:
        bins: How many when nothing is said.
    """
    return Tally(
        percentiles=_percentiles(query),
        bins=_bins(query) or bins,
        range=_range(query),
        categorical=query.flag("categorical"),
        categories=tuple(number for value in query.all("c") for number in _numbers(query, "c", value, "c=1&c=2")),
        cover_scale=query.integer("cover_scale", low=1, high=COVER_SCALE_MAX) or Tally().cover_scale,
    )


def measured_frame(query: Query) -> Frame:
    """Read on how many pixels something is measured."""
    width, height, max_size = (query.integer(name, low=1) for name in ("width", "height", "max_size"))
    return Frame(width=width, height=height, max_size=max_size)


def frame_of_shapes(query: Query) -> Frame:
    """Read of what size and in which CRS shapes are measured, each in a box of whole pixels."""
    crs = parse_crs(query, "coord_crs") or WGS84
    return replace(measured_frame(query), bounds_crs=crs, crs=parse_crs(query, "dst_crs") or crs, aligned=True)


def _percentiles(query: Query) -> tuple[int, ...]:
    """Read ``p``, else ``pmin`` and ``pmax``, which TiTiler 0.1 had."""
    asked = [("p", number) for value in query.all("p") for number in _numbers(query, "p", value, "p=2&p=98")]
    if not asked:
        ends = (("pmin", 2.0), ("pmax", 98.0))
        asked = [(name, default if (given := query.number(name)) is None else given) for name, default in ends]
    for name, number in asked:
        if not (0 <= number <= 100 and number == int(number)):
            raise query.fault(name, f"{number:g}", "is not a percentile: a whole number 0 to 100, such as 2 or 98")
    return tuple(int(number) for _, number in asked)


def _bins(query: Query) -> int | tuple[float, ...] | None:
    """Read the number of bins, or their edges."""
    text = query.text("histogram_bins")
    if text is None:
        return None
    if "," not in text:
        return query.integer("histogram_bins", low=1, high=BINS_MAX)
    edges = _numbers(query, "histogram_bins", text, "histogram_bins=0,100,200")
    if any(low >= high for low, high in pairwise(edges)) or not 2 <= len(edges) <= BINS_MAX + 1:
        told = f"must be 2 to {BINS_MAX + 1} edges, each above the one before, such as histogram_bins=0,100,200"
        raise query.fault("histogram_bins", text, told)
    return tuple(edges)


def _range(query: Query) -> tuple[float, float] | None:
    text = query.text("histogram_range")
    if text is None:
        return None
    numbers = _numbers(query, "histogram_range", text, "histogram_range=0,1000")
    if len(numbers) != 2 or not numbers[0] < numbers[1] < math.inf > numbers[1] - numbers[0]:
        raise query.fault("histogram_range", text, "must be low,high with low below high, such as 0,1000")
    return numbers[0], numbers[1]


def _numbers(query: Query, name: str, text: str, example: str) -> list[float]:
    """Read finite numbers, separated by commas."""
    try:
        numbers = [float(word) for word in text.split(",") if word.strip()]
    except ValueError:
        raise query.wrong_type(name, text, f"is not numbers separated by commas; write for example {example}") from None
    if not all(map(math.isfinite, numbers)):
        raise query.fault(name, text, f"has a number that is not finite; write for example {example}")
    return numbers
