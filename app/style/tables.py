"""Look-up tables in place of arithmetic: the same bytes, computed once per value instead of once per pixel."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rio_tiler.utils import linear_rescale

Bytes = NDArray[np.uint8]


@lru_cache(maxsize=256)
def rescale_table(dtype: str, low: float, high: float) -> Bytes:
    """What every value of an unsigned dtype of 8 or 16 bits becomes when ``low``..``high`` is mapped to 0..255."""
    values = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    table: Bytes = linear_rescale(values, in_range=(low, high)).astype(np.uint8)
    table.flags.writeable = False
    return table


class ColorTable:
    """A function of one colour, remembered colour by colour.

    The table has room for all 2**24 colours (64 MiB of address space, of which only the pages that are used take
    memory), and is filled with the colours that occur. Writing twice from two threads writes the same.

    Args:
        function: From ``(3, 1, n)`` uint8 to the same; must treat each colour on its own.
    """

    def __init__(self, function: Callable[[NDArray[Any]], Bytes]) -> None:
        self._function = function
        self._table = np.zeros(2**24, dtype=np.uint32)  # 0: not known yet; else 0xFFrrggbb

    def __call__(self, colors: Bytes) -> Bytes:
        """Map colours of shape ``(3, y, x)``."""
        red, green, blue = (band.ravel().astype(np.uint32) for band in colors)
        index = (red << 16) | (green << 8) | blue
        mapped = self._table.take(index)
        if not mapped.all():
            self._learn(np.unique(index[mapped == 0]))
            mapped = self._table.take(index)
        return np.stack([(mapped >> shift).astype(np.uint8) for shift in (16, 8, 0)]).reshape(colors.shape)

    def _learn(self, index: NDArray[np.uint32]) -> None:
        colors = np.stack([(index >> shift).astype(np.uint8) for shift in (16, 8, 0)])
        red, green, blue = self._function(colors[:, None, :])[:, 0, :].astype(np.uint32)
        self._table[index] = 0xFF000000 | (red << 16) | (green << 8) | blue
