"""Apply an algorithm to a raster, in strips of rows, so that what it needs on the way is small."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from app.errors import BadRequest
from app.model.algorithm import Algorithm, Bands, Valid
from app.model.grid import Grid
from app.model.raster import Raster

STRIP_VALUES = 2**18
"""Most values, of all bands, that are computed at the same time: 2 MiB of float64 for each step."""


def apply_algorithm(raster: Raster, algorithm: Algorithm, shown: Grid) -> Raster:
    """Replace the bands by those that an algorithm makes, on the grid without the margin that was read for it.

    Args:
        shown: ``raster.grid`` without the same number of pixels on every side.

    Raises:
        BadRequest: It cannot work with so many bands.
    """
    count = raster.data.shape[0]
    if count not in algorithm.counts:
        there = f"there {'is 1' if count == 1 else f'are {count}'}"
        told = f"needs {algorithm.needs}, {there}; choose them with assets, bidx or expression"
        raise BadRequest.of("algorithm", algorithm.id, told)
    data, mask = _computed(raster, algorithm, shown)
    margin = _margin(raster.grid, shown)
    descriptions = algorithm.describe(raster.descriptions)
    return Raster(
        data=data,
        mask=mask,
        grid=shown,
        names=tuple(f"b{number}" for number in range(1, len(data) + 1)),
        descriptions=descriptions,
        alpha=None
        if raster.alpha is None
        else raster.alpha[margin : margin + shown.height, margin : margin + shown.width],
        ranges=None if algorithm.low_high is None else (algorithm.low_high,) * len(data),
    )


def _margin(grid: Grid, shown: Grid) -> int:
    return (grid.width - shown.width) // 2


def _computed(raster: Raster, algorithm: Algorithm, shown: Grid) -> tuple[Bands, Valid]:
    """Values and mask of all bands made; 0 where they are not valid or not finite."""
    margin = _margin(raster.grid, shown)
    columns = slice(margin, margin + shown.width)
    data: Bands | None = None
    mask = np.empty(0, bool)
    for rows in _strips(raster, algorithm, shown):
        strip, valid = _strip(raster, algorithm, slice(rows.start + margin, rows.stop + margin), columns)
        if data is None:
            data = np.empty((len(strip), shown.height, shown.width), strip.dtype)
            mask = np.empty(data.shape, bool)
        data[:, rows], mask[:, rows] = strip, valid
    assert data is not None
    return data, mask


def _strips(raster: Raster, algorithm: Algorithm, shown: Grid) -> Iterator[slice]:
    """Rows of the answer that are computed together."""
    bands = algorithm.bands_in or raster.data.shape[0]
    step = max(1, STRIP_VALUES // (bands * raster.grid.width))
    return (slice(start, min(start + step, shown.height)) for start in range(0, shown.height, step))


def _strip(raster: Raster, algorithm: Algorithm, rows: slice, columns: slice) -> tuple[Bands, Valid]:
    """Compute some rows, with the rows around them that they depend on."""
    start = max(0, rows.start - algorithm.reach)
    around = slice(start, rows.stop + algorithm.reach)
    bands, valid = raster.data[: algorithm.bands_in, around], raster.mask[: algorithm.bands_in, around]
    with np.errstate(all="ignore"):  # what is not finite is not valid
        made, known = algorithm.compute(bands, valid, raster.grid.resolution_xy)
    inner = slice(rows.start - start, rows.stop - start)
    made, known = made[:, inner, columns], np.broadcast_to(known, made.shape)[:, inner, columns]
    if made.dtype.kind == "f":
        known = known & np.isfinite(made)
    return np.where(known, made, np.zeros((), made.dtype)), known
