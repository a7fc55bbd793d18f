"""Make the whole catalogue in a folder: pictures first, in parallel, then the documents."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from app.sample.cog import write_photo, write_pyramid
from app.sample.documents import catalog_document, collection_document, item_document
from app.sample.recipe import COLLECTION, Recipe, Scene
from app.sample.scene.clouds import make_clouds
from app.sample.scene.ground import Ground
from app.sample.scene.land import Land, make_land
from app.sample.scene.reflectance import reflect
from app.sample.scene.sensor import classify, picture, record
from app.sample.scene.spectra import BANDS
from app.sample.scene.sun import sun_at

Progress = Callable[[int, int], None]
"""Called with the number of scenes done and the number of all."""


def generate(folder: Path, recipe: Recipe, progress: Progress | None = None) -> None:
    """Fill ``folder`` with ``catalog.json``, the collection and one folder per scene; timing does not change a byte."""
    if progress:
        progress(0, len(recipe.scenes))
    land = make_land(Ground(size=recipe.size))
    items: list[dict[str, Any]] = []
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        for item in pool.map(lambda scene: _make_scene(folder, land, scene), recipe.scenes):
            items.append(item)
            if progress:
                progress(len(items), len(recipe.scenes))
    _write(folder / COLLECTION / "collection.json", collection_document(items))
    _write(folder / "catalog.json", catalog_document())


def _make_scene(folder: Path, land: Land, scene: Scene) -> dict[str, Any]:
    """Write the files of one scene and return its item."""
    home = folder / COLLECTION / scene.id
    home.mkdir(parents=True)
    sun = sun_at(scene.time)
    clouds = make_clouds(land.ground, scene.clouds_percent, sun, seed=scene.day.toordinal())
    pyramids = record(reflect(land, scene.day.timetuple().tm_yday, sun), clouds)
    bands = [levels[0] for levels in pyramids]
    classes = classify(bands, land.water, clouds)
    crs, transform = land.ground.crs, land.ground.transform()
    for name, levels in zip(BANDS, pyramids, strict=True):
        write_pyramid(home / f"{name}.tif", levels, crs, transform, nodata=0)
    write_pyramid(home / "SCL.tif", [classes, classes[::2, ::2]], crs, land.ground.transform(2), nodata=0)
    write_photo(home / "visual.tif", picture(bands), crs, transform)
    counts = np.bincount(classes.ravel(), minlength=12)
    item = item_document(scene, land.ground, sun, [100 * float(count) / classes.size for count in counts])
    _write(home / f"{scene.id}.json", item)
    return item


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
