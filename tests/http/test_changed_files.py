"""A file that is replaced while the server runs."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import numpy as np
import rasterio
import requests
from rasterio.transform import from_origin

from app.settings import Settings
from tests.serving import serving

CROP = "/cog/bbox/15.01,46.86,15.05,46.9/32x32.npy"


def write(path: Path, value: int) -> None:
    """Write a COG of one value; files of all values have the same size and time, as after ``cp -p``."""
    draft = path.with_suffix(".draft.tif")
    profile = {"driver": "COG", "dtype": "uint16", "count": 1, "height": 512, "width": 512, "crs": "EPSG:32633",
               "transform": from_origin(500000, 5200000, 30, 30), "blocksize": 128, "compress": "none"}  # fmt: skip
    with rasterio.open(draft, "w", **profile) as dataset:
        dataset.write(np.full((1, 512, 512), value, np.uint16))
    os.utime(draft, (1_600_000_000, 1_600_000_000))
    draft.replace(path)


def test_a_replaced_file_shows_its_new_pixels_under_a_new_tag(tmp_path):
    path = tmp_path / "values.tif"
    write(path, 7)
    with serving(Settings(data_root=tmp_path)) as base:
        answers = []
        for value in (7, 8):
            write(path, value)
            answers.append(requests.get(base + CROP, params={"url": "values.tif"}, timeout=60))
    assert [np.load(BytesIO(answer.content))[0, 0, 0] for answer in answers] == [7, 8]
    assert answers[0].headers["ETag"] != answers[1].headers["ETag"]
