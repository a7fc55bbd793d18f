"""Bounds, sizes and zooms of real items, against rio-tiler's reading of their rasters.

The rasters of most items are on the internet, where no test goes. Where an item tells the grid of one of them
(``proj:transform``, ``proj:shape``), an empty raster of that very grid takes its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import rasterio
import requests
from affine import Affine
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.warp import transform_bounds
from rio_tiler.io import Reader

from app.settings import Settings
from tests.serving import serving
from tests.shared import DATA, needs_shared

ITEMS = sorted(path.relative_to(DATA).as_posix() for path in (DATA / "stac-items").rglob("*.json"))
SCENES = sorted(
    path.relative_to(DATA).as_posix()
    for folder in ("s2-v0-full", "s2-timeseries", "landsat-c2-l2")
    for path in (DATA / folder).rglob("item*.json")
)
DEGREE_PART = 0.05
"""How far the ``bbox`` of an honest item may be from its grid, in parts of its own size: some are of the footprint."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Where the pixels of an asset are, as its item says."""

    key: str
    crs: CRS
    transform: Affine
    height: int
    width: int


def grid_of(item: dict[str, Any]) -> Grid | None:
    """The first grid of a raster that is told whole, and lies where the item is."""
    for key, asset in item["assets"].items():
        told = {**item.get("properties", {}), **asset} if isinstance(asset, dict) else {}
        kind = str(told.get("type", ""))
        if "tiff" in kind and told.get("proj:transform") and told.get("proj:shape"):
            grid = read_grid(key, told)
            if grid and lies_in(grid, item["bbox"]):
                return grid
    return None


def read_grid(key: str, told: dict[str, Any]) -> Grid | None:
    code = told.get("proj:code") or (told.get("proj:epsg") and f"EPSG:{told['proj:epsg']}") or told.get("proj:wkt2")
    try:
        crs = CRS.from_user_input(code)
    except CRSError:
        return None
    height, width = told["proj:shape"]
    return Grid(key=key, crs=crs, transform=Affine(*told["proj:transform"][:6]), height=height, width=width)


def lies_in(grid: Grid, bbox: list[float]) -> bool:
    """Whether the grid is where the item says that it is; a few items of the specifications are invented."""
    half = len(bbox) // 2
    west, south, east, north = (*bbox[:2], *bbox[half : half + 2])
    if grid.transform.a == 0 or west > east:
        return False
    corner = grid.transform @ (grid.width, grid.height)
    bounds = transform_bounds(grid.crs, "EPSG:4326", grid.transform.c, corner[1], corner[0], grid.transform.f)
    slack = (DEGREE_PART * (east - west), DEGREE_PART * (north - south)) * 2
    return all(abs(a - b) <= part for a, b, part in zip(bounds, (west, south, east, north), slack, strict=True))


def told_grids() -> dict[str, Grid]:
    items = {name: json.loads((DATA / name).read_text("utf-8")) for name in ITEMS}
    items = {name: item for name, item in items.items() if isinstance(item.get("assets"), dict) and item.get("bbox")}
    grids = {name: grid_of(item) for name, item in items.items()}
    return {name: grid for name, grid in grids.items() if grid}


GRIDS = told_grids()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("grids")


@pytest.fixture(scope="module")
def base(folder: Path) -> Iterator[str]:
    with serving(Settings(data_root=folder)) as base:
        yield base


@pytest.fixture(scope="module")
def base_of_data() -> Iterator[str]:
    with serving(Settings(data_root=DATA)) as base:
        yield base


def test_many_items_tell_a_grid() -> None:
    if not DATA.is_dir():
        pytest.skip("the real test data (../shared/data) is not beside this checkout")
    assert len(GRIDS) >= 25


@needs_shared
@pytest.mark.parametrize("name", GRIDS)
def test_a_raster_of_the_grid_that_an_item_tells_has_the_zooms_of_rio_tiler(base: str, folder: Path, name: str) -> None:
    grid = GRIDS[name]
    raster = folder / f"{ITEMS.index(name)}.tif"
    with rasterio.open(
        raster, "w", driver="GTiff", crs=grid.crs, transform=grid.transform, width=grid.width, height=grid.height,
        count=1, dtype="uint8", tiled=True, sparse_ok=True,
    ):  # fmt: skip
        pass
    item = json.loads((DATA / name).read_text("utf-8"))
    item["assets"] = {grid.key: {**item["assets"][grid.key], "href": raster.name}}
    raster.with_suffix(".json").write_text(json.dumps(item))
    check(base, str(raster.with_suffix(".json").name), grid.key, raster, item)


@needs_shared
@pytest.mark.parametrize("name", SCENES)
def test_scenes_beside_their_rasters_have_the_zooms_of_rio_tiler(base_of_data: str, name: str) -> None:
    item = json.loads((DATA / name).read_text("utf-8"))
    here = {key: (DATA / name).parent / asset["href"] for key, asset in item["assets"].items()}
    rasters = {key: path for key, path in here.items() if path.suffix.lower() == ".tif" and path.is_file()}
    assert rasters
    for key, raster in rasters.items():
        check(base_of_data, name, key, raster, item)


def check(base: str, url: str, key: str, raster: Path, item: dict[str, Any]) -> None:
    """Hold what the server tells of an asset against rio-tiler, rasterio, and the item itself."""
    tilejson, info, limits = (
        requests.get(base + path, {"url": url, "assets": key}, timeout=30).json()
        for path in ("/stac/tilejson.json", "/stac/info", "/stac/tiles/WebMercatorQuad")
    )
    half = len(item["bbox"]) // 2
    assert tilejson["bounds"] == pytest.approx([*item["bbox"][:2], *item["bbox"][half : half + 2]])
    with Reader(str(raster)) as reader:
        zooms = reader.minzoom, reader.maxzoom
        assert (tilejson["minzoom"], tilejson["maxzoom"]) == zooms
        assert (info[key]["width"], info[key]["height"]) == (reader.dataset.width, reader.dataset.height)
        assert info[key]["bounds"] == pytest.approx(list(reader.dataset.bounds))
    matrices = [int(each["tileMatrix"]) for each in limits["tileMatrixSetLimits"]]
    assert (min(matrices), max(matrices)) == zooms
