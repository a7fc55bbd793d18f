"""Dates before and after Sentinel-2's baseline 04.00, whose numbers have an offset, become reflectances that agree."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests

from app.settings import Settings
from tests.serving import serving
from tests.small_scenes import POINT, STEP, make_scenes, values_of

SCALE, OFFSET = 0.0001, -0.1
TOLD: list[tuple[float, dict[str, Any]]] = [
    (0.0, {}),
    (OFFSET, {}),
    (OFFSET, {"earthsearch:boa_offset_applied": False}),
    (OFFSET, {"earthsearch:boa_offset_applied": True}),
]
"""Offset of the band, and what the item says of it."""
APPLIED = np.array([0, OFFSET, OFFSET, 0])
NUMBERS = np.array([values_of(number)[5, 10] for number in range(len(TOLD))])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("data")
    (root / "scenes").mkdir()
    for name, (offset, more) in zip(make_scenes(root / "scenes", len(TOLD)), TOLD, strict=True):
        file = root / "scenes" / f"{name}.json"
        item = json.loads(file.read_text())
        item["properties"] |= more
        item["assets"]["data"]["raster:bands"] = [{"scale": SCALE, "offset": offset}]
        file.write_text(json.dumps(item))
    with serving(Settings(data_root=root)) as base:
        yield base


def test_a_series_has_the_offset_of_each_date(server):
    query = {"url": "scenes", "assets": "data", "unscale": "true"}
    told = requests.get(f"{server}/timeseries/point/{POINT[0]},{POINT[1]}", params=query, timeout=30).json()
    np.testing.assert_allclose([row["values"][0] for row in told["rows"]], NUMBERS * SCALE + APPLIED, rtol=1e-6)


def test_a_composite_is_of_reflectances(server):
    box = f"{POINT[0] - STEP / 2},{POINT[1] - STEP / 2},{POINT[0] + STEP / 2},{POINT[1] + STEP / 2}"
    query = {"url": "scenes", "assets": "data", "unscale": "true", "pixel_selection": "median"}
    answer = requests.get(f"{server}/search/bbox/{box}/1x1.npy", params=query, timeout=30)
    value = np.load(io.BytesIO(answer.content))[0, 0, 0]
    np.testing.assert_allclose(value, np.median(NUMBERS * SCALE + APPLIED), rtol=1e-6)
