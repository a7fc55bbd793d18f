"""Which values have which colours? Spans, round ticks and classes of a style; the colours are drawn elsewhere."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.dtypes import dtype_ranges

from app.model.legend import Bar, Class, Tick
from app.model.raster import Raster
from app.model.request import ColormapTable, Rgba, Style
from app.style.rescale import Range

COLORS = 256
TICKS = 5
"""About so many round values lie between the ends of a bar."""
STEPS = (1, 2, 2.5, 5, 10)
FILLING = 4
"""A colour that more numbers have than these is no class of its own."""
LARGEST = sys.float_info.max
ROOM = 0.08
"""Share of the bar that a tick keeps away from its ends, which have labels of their own."""


def spans(raster: Raster, style: Style, table: ColormapTable | None, *, raw: bool) -> tuple[Range, ...]:
    """Values that have the first and the last colour, for each band.

    Args:
        raster: One of the render's, before it is styled.
        table: The colormap, or None.
        raw: The picture holds values of this dtype as they are.
    """
    bands = len(raster.data)
    if style.rescale:
        return tuple(style.rescale) * bands if len(style.rescale) == 1 else tuple(style.rescale[:bands])
    low, high = dtype_ranges.get(str(raster.data.dtype), (0, 1))
    if isinstance(table, dict) and style.color_formula is None:
        return ((float(min(table)), float(max(table))),) * bands
    if raster.ranges is not None and not raw and style.color_formula is None:
        return raster.ranges
    return ((float(low), float(high)),) * bands


def samples(span: Range, dtype: np.dtype[Any]) -> NDArray[Any]:
    """A value for each of 256 colours, shape ``(256,)``: the first, the last, and those a hair above the steps between.

    Args:
        dtype: Integers are rounded to it; other values are float64.
    """
    low, high = span
    at = (np.arange(COLORS) + 1e-6) / (COLORS - 1)
    at[0], at[-1] = 0, 1
    values = low * (1 - at) + high * at
    return np.rint(values).astype(dtype) if dtype.kind in "iu" else values


def bar(name: str, span: Range, colors: Sequence[Rgba]) -> Bar:
    """A bar with its ticks."""
    return Bar(name=name, low=span[0], high=span[1], colors=tuple(colors), ticks=ticks(*span))


def ticks(low: float, high: float) -> tuple[Tick, ...]:
    """Round values between the ends, and the ends themselves."""
    width = high - low
    inner = [] if not math.isfinite(width) else _round_values(low, high)
    marked = [(value, (value - low) / width) for value in inner]
    clear = [(value, at) for value, at in marked if ROOM < at < 1 - ROOM]
    return tuple(Tick(value=v, label=label(v), at=at) for v, at in ((low, 0.0), *clear, (high, 1.0)))


def _round_values(low: float, high: float) -> list[float]:
    """Multiples of the step that gives about as many values as wanted."""
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 0.0
    if not power:  # a range so narrow that it has no round values
        return []
    step = next(part * power for part in STEPS if part * power >= rough * 0.999)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{count * step:.10g}") for count in range(first, last + 1)] if last - first <= 2 * TICKS else []


def label(value: float) -> str:
    """The value, short: six digits."""
    return f"{value + 0.0:.6g}"  # without the sign of -0


def classes(table: ColormapTable, style: Style) -> tuple[Class, ...]:
    """Colours of single values, or of intervals, in units of the data; transparent ones mean nothing."""
    if isinstance(table, Mapping):
        entries = [((value, value), color) for value, color in sorted(table.items())]
    else:
        entries = list(table)
    return tuple(_class(_number(low), _number(high), color, style) for (low, high), color in entries if color[3])


def _class(low: float, high: float, color: Rgba, style: Style) -> Class:
    """Undo ``rescale``, which maps values to 0..255 and cuts their fractions off: 3 is what lies from 3 up to 4."""
    if style.rescale and style.color_formula is None:
        [(start, end), *_] = style.rescale
        high = high if high > low else low + 1
        low, high = (start + (end - start) * value / 255 for value in (low, high))
    return Class(low=low, high=high, label=_told(low, high), color=color)


def _told(low: float, high: float) -> str:
    if low == high:
        return label(low)
    if math.isinf(high):
        return "all values" if math.isinf(low) else f"{label(low)} and more"
    return f"below {label(high)}" if math.isinf(low) else f"{label(low)} to {label(high)}"


def _number(value: float) -> float:
    """The value as a float; a whole number may be too large for one."""
    return float(max(-LARGEST, min(LARGEST, value))) if isinstance(value, int) else value


def used_colors(table: dict[int, Rgba]) -> dict[int, Rgba]:
    """A file's own colours without those that fill its table: it has one for every number, used or not."""
    times = Counter(table.values())
    return {value: color for value, color in table.items() if times[color] <= FILLING}
