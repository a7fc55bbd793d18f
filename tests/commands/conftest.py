"""A raster that commands read by its path, and the commands in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner, Result
from rasterio.transform import from_origin

from app.cli import main

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``scene.tif`` near 30.84 E, 29.48 N: 1200 x 900 pixels of 20 m, noise and a slope; a corner without data."""
    path = tmp_path_factory.mktemp("scene") / "scene.tif"
    rows, columns = np.mgrid[0:900, 0:1200]
    data = np.stack([(rows * 7919 ^ columns * 104729) % 3999 + 1, columns * 2 + 1]).astype(np.uint16)
    data[:, :100, :200] = 0
    profile = {"driver": "COG", "dtype": "uint16", "count": 2, "height": 900, "width": 1200, "crs": "EPSG:32636",
               "transform": from_origin(280000, 3270000, 20, 20), "nodata": 0, "blocksize": 256}  # fmt: skip
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(data)
    return path


@pytest.fixture
def folder(scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, which has only a link to the scene."""
    (tmp_path / "scene.tif").symlink_to(scene)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def swath(folder: Path) -> Run:
    """Call ``swath`` with words, in that folder."""
    return lambda *words: CliRunner().invoke(main, words, prog_name="swath")
