"""Collections of shapes: what they cost all together, and how much is measured in one request."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_origin

from app.settings import Settings
from tests.geojson import box, collection, feature
from tests.problems import problem_of
from tests.serving import serving


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An item whose assets ``a`` to ``d`` are of 512 x 512 pixels, one degree north-east of 0, 0."""
    root = tmp_path_factory.mktemp("data")
    profile = {"driver": "COG", "dtype": "uint16", "count": 1, "height": 512, "width": 512, "crs": "EPSG:4326"}
    with rasterio.open(root / "a.tif", "w", transform=from_origin(0, 1, 1 / 512, 1 / 512), **profile) as dataset:
        dataset.write(np.arange(512 * 512, dtype=np.uint16).reshape(1, 512, 512))
    assets = {name: {"href": "a.tif", "type": "image/tiff"} for name in "abcd"}
    (root / "item.json").write_text(
        json.dumps({"type": "Feature", "id": "it", "bbox": [0, 0, 1, 1], "properties": {}, "assets": assets})
    )
    return root


@contextmanager
def server(folder: Path, **settings: object) -> Iterator[str]:
    with serving(Settings(data_root=folder, **settings)) as base:
        yield base


def fields(count: int) -> dict[str, Any]:
    """So many different squares within the data."""
    places = ((n % 20 / 25, n // 20 / 25) for n in range(count))
    return collection(*(feature(box(x, y, x + 0.03, y + 0.03)) for x, y in places))


def send(base: str, body: dict[str, Any], **query: object) -> requests.Response:
    params = {"url": "item.json", "assets": "a", "max_size": 64, **query}
    return requests.post(f"{base}/stac/statistics", params=params, json=body, timeout=60)


# ---- what they cost


def spend(base: str, units: int) -> None:
    answer = requests.get(f"{base}/stac/preview/256x{256 * units}.npy?url=item.json&assets=a", timeout=30)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("count", [15, 25], ids=["below the burst", "above it"])
def test_a_collection_is_answered_after_the_time_that_a_refusal_names(folder, count):
    """Ten units a second, 20 at once: all features are paid for at once, and none before the others."""
    with server(folder, rate_limit=600, rate_burst=20) as base:
        spend(base, 15)
        refused = send(base, fields(count))
        assert (refused.status_code, problem_of(refused)["type"]) == (429, "rate-exceeded")
        assert refused.json()["detail"].startswith(f"{count} features, which may be sent in parts: ")
        assert "queue" not in refused.headers["Server-Timing"]
        assert "read" not in refused.headers["Server-Timing"]
        time.sleep(int(refused.headers["Retry-After"]))
        assert send(base, fields(count)).status_code == 200


def test_assets_that_are_measured_each_by_itself_are_paid_for_together(folder):
    with server(folder, rate_limit=120, rate_burst=6) as base:
        spend(base, 4)
        query = {"url": "item.json", "assets": "a,b,c,d", "max_size": 64}
        refused = requests.get(f"{base}/stac/asset_statistics", params=query, timeout=30)
        assert (refused.status_code, refused.json()["type"]) == (429, "rate-exceeded")
        time.sleep(int(refused.headers["Retry-After"]))
        assert requests.get(f"{base}/stac/asset_statistics", params=query, timeout=30).status_code == 200


def test_equal_shapes_are_measured_and_paid_for_once(folder):
    with server(folder, rate_limit=0.6, rate_burst=4) as base:
        [field], far = fields(1)["features"], feature(box(50, 50, 51, 51))
        answer = send(base, collection(*[field] * 500, far, far))
        assert answer.status_code == 200
        assert answer.headers["RateLimit"].startswith('"units";r=3;')
        found = [each["properties"]["statistics"]["b1"] for each in answer.json()["features"]]
        assert all(each == found[0] for each in found[:500])
        assert [each["count"] for each in found[500:]] == [0, 0]


# ---- how much is measured


def test_a_collection_that_would_take_too_long_is_refused_before_it_is_read(folder):
    """Each of 200 fields has 16 x 16 pixels: 51 200 of one band."""
    with server(folder, measured_pixels_max=60_000) as base:
        assert send(base, fields(200), max_size=16).status_code == 200
        refused = send(base, fields(200), max_size=16, assets="a,b")
        assert (refused.status_code, problem_of(refused)["type"]) == (400, "limit-exceeded")
        detail = refused.json()["detail"]
        assert "200 different features have 1.02e+05 pixels" in detail
        assert "SWATH_MEASURED_PIXELS_MAX" in detail
        assert "Send fewer features" in detail
        assert "read" not in refused.headers["Server-Timing"]
        assert send(base, collection(*fields(1)["features"] * 900), max_size=16, assets="a,b").status_code == 200


def test_cells_and_source_pixels_of_all_features_are_bounded(folder):
    """A field has 16 x 16 pixels, each of 300 x 300 cells."""
    with server(folder, touched_pixels_max=40_000) as base:
        assert "cells" in send(base, fields(100), cover_scale=300).json()["detail"]
        assert "SWATH_TOUCHED_PIXELS_MAX" in send(base, fields(200)).json()["detail"]
        assert send(base, fields(100)).status_code == 200


def test_a_collection_that_is_late_is_told_to_be_smaller(folder):
    with server(folder, crop_deadline_s=0.05) as base:
        late = send(base, fields(400), max_size=256)
        assert (late.status_code, problem_of(late)["type"]) == (504, "deadline-exceeded")
        assert "Send fewer features" in late.json()["detail"]
