"""Which overview a plan predicts, against the one whose bytes GDAL asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.io import DatasetReader
from rasterio.transform import from_origin
from rasterio.warp import transform_bounds
from rio_tiler.io import Reader

from app.model.grid import Bounds, Grid
from app.model.location import FileLocation
from app.model.plan import Plan, PlannedRead
from app.model.source import Header, Source
from app.plan.overview import pick_overview
from app.plan.resolution import native
from app.read.gdal import header_of, read_grid
from app.read.opener import open_dataset
from tests.reading import reading

MERCATOR = CRS.from_epsg(3857)
SIZE = 1372
"""Overviews of 686, 343 and 172 or 171: the COG driver rounds down, others up."""


@pytest.fixture(scope="module")
def cog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A COG of 10 m pixels in UTM with three overviews, whose blocks can be told apart by their bytes."""
    path = tmp_path_factory.mktemp("cog").resolve() / "noise.tif"
    values = np.random.default_rng(1).integers(1, 60000, (1, SIZE, SIZE), dtype=np.uint16)
    profile = {"driver": "COG", "dtype": "uint16", "count": 1, "height": SIZE, "width": SIZE, "crs": "EPSG:32636",
               "transform": from_origin(290000, 3270000, 10, 10), "nodata": 0, "blocksize": 128}  # fmt: skip
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(values)
    return path


def blocks_of(dataset: DatasetReader, level: int | None) -> Iterator[range]:
    """Byte ranges of the blocks of one level."""
    where = {} if level is None else {"ovr": level}
    side = dataset.block_shapes[0][0]
    edge = -(-SIZE // (2 ** (0 if level is None else level + 1)) // side) + 1
    for y in range(edge):
        for x in range(edge):
            offset = dataset.get_tag_item(f"BLOCK_OFFSET_{x}_{y}", "TIFF", bidx=1, **where)
            size = dataset.get_tag_item(f"BLOCK_SIZE_{x}_{y}", "TIFF", bidx=1, **where)
            if offset:
                yield range(int(offset), int(offset) + int(size))


async def levels_read(path: Path, grid: Grid, resampling: str) -> tuple[Header, set[int | None]]:
    """Read the grid with the general driver, and find the levels whose blocks were asked for."""
    source = Source(name="noise", location=FileLocation(path.parent, path))
    async with reading() as net:
        opened = await net.store.open(source.location)
        with open_dataset(opened) as dataset, Reader(None, dataset=dataset) as rio:
            header = header_of(rio, opened, source=source)
            levels = {level: list(blocks_of(dataset, level)) for level in (None, *range(len(header.overviews)))}
            opened.log.clear()
            read = PlannedRead(source=source, header=header, indexes=(1,))
            read_grid(rio, opened, read=read, plan=Plan(grid=grid, reads=(read,), resampling=resampling))
        asked = list(opened.log)
        opened.close()
    touched = {
        level
        for level, blocks in levels.items()
        for offset, length in asked
        if any(offset < block.stop and offset + length > block.start for block in blocks)
        and length >= 1000  # a read-ahead of the header may reach into the first blocks
    }
    return header, touched


def grid_of(header_bounds: Bounds, factor: float, header: Header) -> Grid:
    """A grid over the middle of the source whose pixels cover ``factor`` source pixels."""
    left, bottom, right, top = transform_bounds("EPSG:32636", MERCATOR, *header_bounds)
    x_size, y_size = native(header, MERCATOR).resolution_xy
    width, height = round((right - left) / 2 / (x_size * factor)), round((top - bottom) / 2 / (y_size * factor))
    middle = ((left + right) / 2, (bottom + top) / 2)
    half = (width * x_size * factor / 2, height * y_size * factor / 2)
    bounds = (middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1])
    return Grid(crs=MERCATOR, bounds=bounds, width=width, height=height)


FACTORS = (
    0.5,
    1.0,
    1.2,
    1.5,
    1.55,
    1.6,
    1.7,
    1.9,
    2.0,
    2.1,
    2.5,
    3.0,
    3.2,
    3.3,
    3.5,
    3.9,
    4.0,
    4.4,
    6.0,
    6.6,
    6.7,
    8,
    12,
)


@pytest.mark.parametrize("resampling", ["nearest", "bilinear"])
@pytest.mark.parametrize("factor", FACTORS)
def test_the_predicted_overview_is_the_one_that_gdal_reads(cog, factor, resampling):
    """Around every boundary of GDAL's rule, the blocks asked for belong to the predicted level and to no other."""
    whole = Grid(crs=MERCATOR, bounds=(0, 0, 1, 1), width=1, height=1)
    header, _ = asyncio.run(levels_read(cog, whole, "nearest"))
    grid = grid_of(header.bounds, factor, header)
    _, touched = asyncio.run(levels_read(cog, grid, resampling))
    assert touched == {pick_overview(grid, header, resampling)}


def test_overview_sizes_are_read_from_the_file_not_derived(cog):
    """1372 halves to 686, 343 and then 171, because the COG driver rounds down."""
    whole = Grid(crs=MERCATOR, bounds=(0, 0, 1, 1), width=1, height=1)
    header, _ = asyncio.run(levels_read(cog, whole, "nearest"))
    sizes = []
    for level in range(len(header.overviews)):
        with rasterio.open(cog, overview_level=level) as overview:
            sizes.append((overview.width, overview.height))
    assert header.overviews == tuple(sizes)
    assert header.overviews[-1] != (SIZE // 8 + 1, SIZE // 8 + 1)
