"""Tables of colours: rio-tiler's named ones, or one that the caller writes as JSON."""

from __future__ import annotations

import difflib
import json
import math
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray
from rio_tiler.colormap import apply_discrete_cmap, apply_intervals_cmap, parse_color
from rio_tiler.colormap import cmap as named_colormaps

from app.errors import BadRequest, LimitExceeded
from app.model.raster import Raster
from app.model.request import ColormapTable, Rgba

TEXT_MAX = 16 * 1024
ENTRIES_MAX = 4096
EXAMPLES = 'a name such as viridis, {"1": "#ff0000", "2": [0, 0, 255, 255]} or [[[0, 10], "#ff0000"], …]'


def names() -> list[str]:
    """Names of all colormaps, sorted."""
    return sorted(named_colormaps.list())


def named_colormap(name: str) -> ColormapTable:
    """Look a colormap up by its name, in any case.

    Raises:
        BadRequest: No such colormap; the message has the nearest names.
    """
    if name.lower() not in named_colormaps.list():
        near = difflib.get_close_matches(name.lower(), names(), n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "try viridis, magma, rdylgn or terrain"
        raise BadRequest.of("colormap_name", name, f"is not one of the {len(names())} colormaps; {hint}")
    return _named(name.lower())


@lru_cache(maxsize=64)
def _named(name: str) -> ColormapTable:
    table: ColormapTable = named_colormaps.get(name)
    return table


def parse_colormap(text: str) -> ColormapTable:
    """Read a colormap written as JSON: an object of value to colour, or a list of intervals; or take it as a name.

    Raises:
        BadRequest: Neither, or a colour that is none.
        LimitExceeded: More than 4096 entries or 16 KiB.
    """
    if len(text) > TEXT_MAX:
        raise LimitExceeded(f"colormap has {len(text)} characters, {TEXT_MAX} are read at most.")
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        if text.isidentifier() or text in names():
            return named_colormap(text)
        raise BadRequest.of("colormap", text, f"is neither JSON nor a name; write {EXAMPLES}") from None
    if isinstance(written, dict) and written:
        _require_few(len(written))
        return {_value(text, key): _color(text, color) for key, color in written.items()}
    if isinstance(written, list) and written:
        _require_few(len(written))
        return [_interval(text, entry) for entry in written]
    raise BadRequest.of("colormap", text, f"has no colours; write {EXAMPLES}")


def apply_colormap(raster: Raster, table: ColormapTable | None) -> Raster:
    """Turn one band of values into colours; those without a colour become transparent.

    Raises:
        BadRequest: More than one band.
    """
    if table is None:
        return raster
    bands = raster.data.shape[0]
    if bands != 1:
        raise BadRequest(
            f"A colormap colours one band, this picture has {bands}; choose one asset, bidx or expression."
        )
    if is_full_table(table):
        return _as_palette(raster, table)
    return raster.painted(*_look_up(raster.data, table))


def _as_palette(raster: Raster, table: dict[int, Rgba]) -> Raster:
    """Keep one band that counts the 256 colours; values beyond them take the ends (TiTiler wraps them around)."""
    data = raster.data if raster.data.dtype == np.uint8 else np.clip(raster.data, 0, 255).astype(np.uint8)
    palette = _palette(tuple(table[index] for index in range(256)))
    alpha = None if (palette[:, 3] == 255).all() else palette[:, 3].take(data[0])
    return replace(raster, data=data, palette=palette, alpha=alpha, ranges=None)


@lru_cache(maxsize=64)
def _palette(colors: tuple[Rgba, ...]) -> NDArray[np.uint8]:
    return np.array(colors, dtype=np.uint8)


def _look_up(data: NDArray[Any], table: ColormapTable) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Colours ``(3, y, x)`` and alpha ``(y, x)``, both uint8, of a table with gaps or of intervals."""
    colors, alpha = apply_discrete_cmap(data, table) if isinstance(table, dict) else apply_intervals_cmap(data, table)
    return colors.astype(np.uint8), alpha.astype(np.uint8)


def is_full_table(table: ColormapTable) -> TypeGuard[dict[int, Rgba]]:
    """Whether it has a colour for each of 0 to 255, as the named ones have."""
    return (
        isinstance(table, dict) and len(table) == 256 and all(isinstance(key, int) and 0 <= key <= 255 for key in table)
    )


def _require_few(entries: int) -> None:
    if entries > ENTRIES_MAX:
        raise LimitExceeded(f"colormap has {entries} entries, {ENTRIES_MAX} are read at most.")


def _value(text: str, key: str) -> float:
    try:
        return int(key)
    except ValueError:
        pass
    try:
        value = float(key)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadRequest.of("colormap", text, f"has the value {key[:40]!r}, which is not a number; write {EXAMPLES}")
    return value


def _interval(text: str, entry: Any) -> tuple[tuple[float, float], Rgba]:
    match entry:
        case [[int() | float() as low, int() | float() as high], color] if low < high:
            return (low, high), _color(text, color)
    raise BadRequest.of("colormap", text, f"has an interval that is not [[low, high], colour]; write {EXAMPLES}")


def _color(text: str, color: Any) -> Rgba:
    """A colour as ``#rgb``, ``#rrggbb``, ``#rrggbbaa`` or three or four numbers 0 to 255."""
    try:
        red, green, blue, alpha = (int(part) for part in parse_color(color))
    except Exception as err:
        raise BadRequest.of("colormap", text, f"has a colour that cannot be read; write {EXAMPLES}") from err
    if not all(0 <= part <= 255 for part in (red, green, blue, alpha)):
        raise BadRequest.of("colormap", text, "has a colour part outside 0 to 255")
    return red, green, blue, alpha
