"""A picture of a colormap, from its first colour to its last."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.encode.encode import encode
from app.model.grid import Grid
from app.model.raster import Body, Raster
from app.model.request import ColormapTable, Format
from app.style.colormap import apply_colormap


def draw_ramp(table: ColormapTable, width: int, height: int, format: Format, *, vertical: bool = False) -> Body:
    """Draw every colour of a table, equally wide, from left to right or from top to bottom, as TiTiler does."""
    values = _values(table)
    along, across = (height, width) if vertical else (width, height)
    row = values[np.arange(along) * len(values) // along]
    data = np.broadcast_to(row, (1, across, along))
    data = np.ascontiguousarray(data.swapaxes(1, 2) if vertical else data)
    raster = Raster(
        data=data,
        mask=np.ones(data.shape, bool),
        grid=Grid(crs=None, bounds=(0, 0, width, height), width=width, height=height),
        names=("b1",),
        descriptions=("b1",),
    )
    return encode(apply_colormap(raster, table), format, return_mask=True)


def _values(table: ColormapTable) -> NDArray[np.generic]:
    """One value of each colour: shape ``(n,)``."""
    return np.array(sorted(table) if isinstance(table, dict) else [low for (low, _), _ in table])
