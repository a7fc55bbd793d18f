"""What every row needs: an honest scene, an upstream that misbehaves on demand, and ways to ask for it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import rasterio

from benchmarks.cases import CASES, paths
from benchmarks.guards.source import HONEST, Source, source
from benchmarks.place import cache_folder
from benchmarks.scene import bounds_wgs84, scene
from benchmarks.tiles import scattered

SIZE = 2048
"""Width of the scene in pixels: what is judged is the server's calm, not its speed."""
BOUNDS = ",".join(f"{number:.6f}" for number in bounds_wgs84())
RGB = "assets=B04,B03,B02&rescale=0,3000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The upstream and its folder; every item of a new name is one that no server has seen."""

    folder: Path
    source: Source
    _names: Iterator[int] = field(default_factory=count)

    def item(self, name: str = "cold", host: int = HONEST, file: str = "item.json") -> str:
        """URL of an item that was never asked for; its files are not, either."""
        return self.source.url(f"/~{name}-{next(self._names)}/{file}", host)

    def cold_tile(self, name: str = "cold", host: int = HONEST, file: str = "item.json") -> str:
        """A true-colour tile of a new item; of ``strips.json`` it is read by GDAL."""
        return paths(CASES["a"], self.item(name, host, file), scattered(1))[0]

    def warm_tiles(self) -> Callable[[], str]:
        """True-colour tiles of one item, again and again."""
        return cycle(paths(CASES["a"], self.item("warm"), scattered(30))).__next__

    def heavy_crops(self) -> Callable[[], str]:
        """Crops of one item that take some 0.2 s of CPU each, none twice the same."""
        item = quote(self.item("heavy"), safe="")
        sizes = cycle(f"{width}x{height}" for width in range(340, 460) for height in range(340, 460))
        return lambda: f"/stac/bbox/{BOUNDS}/{next(sizes)}.png?url={item}&{RGB}&resampling=cubic&reproject=cubic"

    def notebook_crop(self, name: str, host: int) -> str:
        """An array of three bands of a new item, as the notebook of 2020 asks for it."""
        return paths(CASES["f"], self.item(name, host), scattered(1))[0]


@contextmanager
def stage(more_files: Sequence[tuple[str, bytes]] = ()) -> Iterator[Stage]:
    """Serve a scene, and more files by their names, while inside."""
    with TemporaryDirectory(dir=cache_folder()) as name:
        folder = Path(name)
        for path in scene(SIZE).iterdir():
            os.link(path, folder / path.name)
        _add_strips(folder)
        for file, body in more_files:
            (folder / file).write_bytes(body)
        with source(folder) as running:
            yield Stage(folder=folder, source=running)


def _add_strips(folder: Path) -> None:
    """Write ``strips.json``, whose assets are one raster in strips: the fast driver leaves it to GDAL."""
    with rasterio.open(folder / "B04.tif") as file:
        profile = {**file.profile, "driver": "GTiff", "tiled": False, "blockysize": 16, "blockxsize": file.width}
        with rasterio.open(folder / "strips.tif", "w", **profile) as strips:
            strips.write(file.read())
    item = json.loads((folder / "item.json").read_text())
    item["assets"] = {name: {**asset, "href": "./strips.tif"} for name, asset in item["assets"].items()}
    (folder / "strips.json").write_text(json.dumps(item))
