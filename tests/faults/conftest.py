"""One server for the faults of upstreams, and small files to serve."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_bounds

from app.settings import Settings
from benchmarks.guards.clients import Answer, ask, run
from tests.serving import serving

SILENCE_S, DEADLINE_S = 0.6, 1.5
SIDE = 512


@dataclass(frozen=True, slots=True)
class Tiles:
    """A server, and what is asked of it."""

    base: str

    def path(self, item: str) -> str:
        """A tile of one asset of an item."""
        return f"/stac/tiles/WebMercatorQuad/8/135/86.png?url={quote(item, safe='')}&assets=a&rescale=0,1000"

    def get(self, item: str) -> Answer:
        """Ask for it."""
        return run(ask(self.base, self.path(item)))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Items of one raster: ``item.json``, and ``strips.json``, which only GDAL reads; both are larger than a head."""
    folder = tmp_path_factory.mktemp("faults")
    data = np.random.default_rng(1).integers(0, 1000, (1, SIDE, SIDE)).astype("uint16")
    place = {"crs": "EPSG:4326", "transform": from_bounds(10, 50, 11, 51, SIDE, SIDE)}
    profile = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": 1, "dtype": "uint16", **place}
    for name, file, layout in (
        ("item", "a", {"tiled": True, "blockxsize": 256, "blockysize": 256}),
        ("strips", "strips", {"blockysize": 64}),
    ):
        with rasterio.open(folder / f"{file}.tif", "w", **profile, **layout) as raster:
            raster.write(data)
        item = {"type": "Feature", "id": "faults", "assets": {"a": {"href": f"{file}.tif"}}}
        (folder / f"{name}.json").write_text(json.dumps(item))
    return folder


@pytest.fixture(scope="session")
def tiles() -> Iterator[Tiles]:
    """A server that may read from this machine, and is impatient."""
    settings = Settings(
        allow_cidrs="127.0.0.0/8",
        upstream_timeout_s=SILENCE_S,
        tile_deadline_s=DEADLINE_S,
        item_timeout_s=DEADLINE_S,
        crop_deadline_s=2 * DEADLINE_S,
    )
    with serving(settings) as base:
        yield Tiles(base)
