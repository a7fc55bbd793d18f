"""Resampling other than nearest: the pixels under a grid become a small raster in memory, which rio-tiler warps."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.io import MemoryFile
from rio_tiler.io import Reader as RioReader

from app.model.plan import Plan, PlannedRead
from app.model.raster import Raster
from app.read.cog.geometry import Sampling
from app.read.cog.layout import Level
from app.read.cog.pixels import Cover, alpha_band_of, assemble, ranges_of
from app.read.gdal import warp
from app.read.opener import GDAL_OPTIONS

MARGIN = 8
"""Output pixels around the grid: lanczos looks three of them far."""


def widened(sampling: Sampling, level: Level, step: float, padding: int) -> Sampling:
    """The window of a sampling with a margin; its index means nothing.

    Args:
        step: Pixels of the level per output pixel.
        padding: Output pixels that are read around the grid.
    """
    margin = math.ceil((MARGIN + padding) * max(1.0, step))
    (top, bottom), (left, right) = sampling.rows, sampling.columns
    return replace(
        sampling,
        rows=(max(0, top - margin), min(level.height, bottom + margin)),
        columns=(max(0, left - margin), min(level.width, right + margin)),
    )


def resampled(cover: Cover, mask: Cover | None, window: Sampling, read: PlannedRead, plan: Plan) -> Raster:
    """Warp the pixels of a window onto the plan's grid, as the general driver warps those of the file."""
    pixels = np.moveaxis(assemble(cover, window), -1, 0)
    places = [cover.pixels.bands.index(index) for index in read.indexes]
    alpha = alpha_band_of(read)
    bands = pixels[[*places, *([] if alpha is None else [cover.pixels.bands.index(alpha)])]]
    valid = None if mask is None else assemble(mask, window)[..., 0]
    alone = _alone(read)
    with rasterio.Env(**GDAL_OPTIONS), MemoryFile() as file:
        _write(file, bands, valid, cover.pixels.level, window, read)
        with file.open(driver="GTiff") as dataset, RioReader(None, dataset=dataset) as rio:
            raster = warp(rio, alone, plan)
    return replace(raster, descriptions=read.descriptions, ranges=ranges_of(read))


def _alone(read: PlannedRead) -> PlannedRead:
    """The same read of a file that holds its bands only, one after the other."""
    scales, offsets = read.scaling if read.source.unscale else ((), ())
    return replace(
        read,
        indexes=tuple(range(1, len(read.indexes) + 1)),
        header=replace(read.header, scales=scales, offsets=offsets),
        source=replace(read.source, scales=(), offsets=()),
    )


def _write(
    file: MemoryFile,
    bands: NDArray[np.generic],
    valid: NDArray[np.uint8] | None,
    level: Level,
    window: Sampling,
    read: PlannedRead,
) -> None:
    header = read.header
    scale = Affine.scale(header.width / level.width, header.height / level.height)
    place = header.transform * scale * Affine.translation(window.columns[0], window.rows[0])
    count, height, width = bands.shape
    profile = {"driver": "GTiff", "dtype": bands.dtype, "count": count, "height": height, "width": width,
               "crs": header.crs, "transform": place, "nodata": header.nodata}  # fmt: skip
    with file.open(**profile) as dataset:
        dataset.write(bands)
        if count > len(read.indexes):
            dataset.colorinterp = (*dataset.colorinterp[:-1], ColorInterp.alpha)
        if valid is not None:
            dataset.write_mask(valid > 0)
