"""What only the first request of a process would pay for is paid before it comes: PROJ, GDAL, tables, libraries."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rasterio.crs import CRS
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from app.cache.name import build
from app.errors import SwathError
from app.model.choice import Choice
from app.model.grid import Frame
from app.model.location import FileLocation
from app.model.request import DatasetKind, DatasetRef, Format, ImageRequest, Selection, Style
from app.model.source import Source
from app.pipeline.image import finish
from app.plan.reads import plan_reads
from app.runtime import Runtime

log = logging.getLogger("swath")

FILES = 4
"""Opened at the same time, each in a thread of its own that then has its PROJ: an item's usual assets."""

SIDE = 256
NOWHERE = DatasetRef(kind=DatasetKind.COG, url="", home="")


async def warm_up(rt: Runtime) -> None:
    """Draw a tile of a small raster made for it, by the steps that every request goes."""
    try:
        await _draw(rt)
    except (SwathError, OSError) as error:  # limits set very low, no room for temporary files
        log.warning("not warmed up: %s", error)


async def _draw(rt: Runtime) -> None:
    with TemporaryDirectory(prefix="swath-warm-up-") as folder:
        sources = await rt.workers.run(_write, folder)
        choice = Choice(name="warm-up", sources=sources[:3])
        headers = await rt.reader.headers(sources)
        req = _request(headers[0].bounds)
        plan = plan_reads(choice, headers[:3], req)
        pieces = await rt.reader.read(plan)
        build()
        await rt.workers.run(finish, pieces, plan, req)


def _write(folder: str) -> tuple[Source, ...]:
    """Make equal COGs in UTM."""
    profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "height": SIDE, "width": SIDE, "crs": "EPSG:32631",
               "transform": from_origin(500000, 5000000, 10, 10), "tiled": True, "compress": "deflate"}  # fmt: skip
    with MemoryFile() as file:
        with file.open(**profile) as dataset:
            dataset.write(np.arange(SIDE * SIDE, dtype=np.uint16).reshape(1, SIDE, SIDE))
        body = file.read()
    root = Path(folder).resolve()
    paths = [root / f"{number}.tif" for number in range(FILES)]
    for path in paths:
        path.write_bytes(body)
    return tuple(Source(name=path.name, location=FileLocation(root, path)) for path in paths)


def _request(bounds: tuple[float, float, float, float]) -> ImageRequest:
    mercator = CRS.from_epsg(3857)
    frame = Frame(bounds=bounds, bounds_crs=CRS.from_epsg(32631), crs=mercator, width=SIDE, height=SIDE)
    style = Style(rescale=((0, 3000),))
    return ImageRequest(dataset=NOWHERE, selection=Selection(), frame=frame, style=style, format=Format.PNG)
