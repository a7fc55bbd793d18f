"""How fast do heights change from pixel to pixel?"""

from __future__ import annotations

import numpy as np

from app.model.algorithm import Bands, Valid


def gradient(heights: Bands, valid: Valid) -> tuple[Bands, Bands, Valid]:
    """Central differences, one-sided at the edges, per pixel (``numpy.gradient``).

    Args:
        heights: Shape ``(y, x)``.

    Returns:
        Change down a column and change along a row, both float64, and where they are known: where the pixel and all
        heights that its differences are made of are valid. TiTiler shows a lone invalid pixel as if it were valid.
    """
    values = heights.astype(np.float64)
    known = valid & _both_valid(valid) & _both_valid(valid.T).T
    return _change(values), _change(values.T).T, known


def _change(values: Bands) -> Bands:
    """Differences down the columns; 0 where there is one row."""
    return np.zeros_like(values) if len(values) < 2 else np.gradient(values, axis=0)


def _both_valid(valid: Valid) -> Valid:
    """Whether the neighbours above and below are valid, where there are such."""
    both = np.ones_like(valid)
    both[1:] &= valid[:-1]
    both[:-1] &= valid[1:]
    return both
