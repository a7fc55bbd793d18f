"""Squares of pixels become a COG, of any size: GDAL copies a plain file block by block."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from isal import isal_zlib
from rasterio.windows import Window

from app.encode.georaster import describe_bands, profile_of, write_pixels
from app.export.work import WorkFile
from app.model.grid import Grid
from app.model.raster import Raster

BLOCK = 512
LEVEL = 1
"""Of deflate, for what is read once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mosaic:
    """How the squares lie in one raster.

    Attributes:
        grid: Of all pixels.
        side: Pixels a side of a square, ``BLOCK`` or a multiple; those at the right and the bottom may be smaller.
        sample: A raster of the same bands, of any size.
        compression: As GDAL's COG driver names it.
    """

    grid: Grid
    side: int
    sample: Raster
    return_mask: bool
    compression: str

    @property
    def columns(self) -> int:
        """Squares in a row."""
        return -(-self.grid.width // self.side)

    @property
    def rows(self) -> int:
        """Rows of squares."""
        return -(-self.grid.height // self.side)

    def window(self, number: int) -> Window:
        """Columns and rows of pixels of a square; they are counted from the top left, row by row."""
        row, column = divmod(number, self.columns)
        x, y = column * self.side, row * self.side
        return Window(x, y, min(self.side, self.grid.width - x), min(self.side, self.grid.height - y))


def pack(raster: Raster) -> bytes:
    """Write values and the mask, to be read by ``unpack``."""
    file = io.BytesIO()
    np.savez(file, data=raster.data, valid=raster.valid)
    return isal_zlib.compress(file.getbuffer(), LEVEL)


def unpack(body: bytes, mosaic: Mosaic, grid: Grid) -> Raster:
    """Read a square."""
    with np.load(io.BytesIO(isal_zlib.decompress(body)), allow_pickle=False) as arrays:
        data, valid = arrays["data"], arrays["valid"]
    sample = mosaic.sample
    mask = np.broadcast_to(valid, data.shape)
    return Raster(data=data, mask=mask, grid=grid, names=sample.names, descriptions=sample.descriptions)


def write_cog(work: WorkFile, mosaic: Mosaic, path: Path) -> None:
    """Write all squares; where there is none, nothing is valid."""
    plain = path.with_name("plain.tif")
    layout = {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK, "compress": "deflate", "zlevel": LEVEL}
    profile = profile_of(mosaic.sample, mosaic.grid, mosaic.return_mask)
    with rasterio.open(plain, "w", **profile, **layout, bigtiff="if_safer", sparse_ok=True) as dataset:
        describe_bands(dataset, mosaic.sample, mosaic.return_mask)
        for number, digest, _ in work.digests():
            raster = unpack(work.body(digest), mosaic, mosaic.grid)
            write_pixels(dataset, raster, mosaic.return_mask, mosaic.window(number))
    with rasterio.open(plain, driver="GTiff") as dataset:
        rasterio.shutil.copy(
            dataset,
            path,
            driver="COG",
            compress=mosaic.compression,
            predictor="yes",
            blocksize=BLOCK,
            overview_resampling="nearest",
            bigtiff="if_safer",
            num_threads="all_cpus",
        )
