"""Statistics whose source hangs: they end at their deadline, and nobody else waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.settings import Settings
from tests.geojson import box, collection, feature
from tests.problems import problem_of
from tests.serving import serving
from tests.upstream import Upstream, upstream

DEADLINE_S = 1.5
FIELDS = collection(*(feature(box(10 + n / 20, 50.1, 10.03 + n / 20, 50.9)) for n in range(16)))


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """A server with little time for statistics, but patience with silence."""
    with serving(Settings(allow_cidrs="127.0.0.0/8", crop_deadline_s=DEADLINE_S, upstream_timeout_s=30)) as base:
        yield base


@pytest.fixture
def source(folder: Path) -> Iterator[Upstream]:
    with upstream(folder) as server:
        yield server


@pytest.mark.parametrize("name", ["item", "strips"])
@pytest.mark.parametrize("how", [{"delay_s": 60}, {"hang_at": 40_000}], ids=["header", "data"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("statistics", None),
        ("statistics", FIELDS),
        ("asset_statistics", None),
        ("metadata", None),
        ("feature.npy", FIELDS["features"][0]),
    ],
    ids=["whole", "fields", "assets", "metadata", "cut"],
)
def test_a_hung_asset_ends_at_the_deadline(
    base: str, source: Upstream, path: str, body: Any, how: dict[str, Any], name: str
):
    source.fault("/~*/*.tif", **how)
    url = source.url(f"/~{path}{name}/{name}.json")
    method = "GET" if body is None else "POST"
    start = time.monotonic()
    answer = requests.request(method, f"{base}/stac/{path}", params={"url": url, "assets": "a"}, json=body, timeout=30)
    assert (answer.status_code, problem_of(answer)["type"]) == (504, "deadline-exceeded")
    assert DEADLINE_S * 0.9 < time.monotonic() - start < DEADLINE_S + 1
    assert requests.get(f"{base}/livez", timeout=1).ok


def test_fields_on_a_slow_source_are_read_side_by_side(base: str, source: Upstream):
    """Sixteen fields, whose blocks take 0.1 s each: one after the other they would be too late."""
    source.fault("/~*/a.tif", delay_s=0.1)
    url = source.url("/~slow/item.json")
    answer = requests.post(f"{base}/stac/statistics", params={"url": url, "assets": "a"}, json=FIELDS, timeout=30)
    assert answer.status_code == 200, answer.text[:300]
    assert all(each["properties"]["statistics"]["b1"]["valid_pixels"] for each in answer.json()["features"])


def test_a_caller_who_leaves_ends_the_work(base: str, source: Upstream):
    source.fault("/~*/a.tif", delay_s=60)
    url = source.url("/~left/item.json")
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{base}/stac/statistics", params={"url": url, "assets": "a"}, json=FIELDS, timeout=0.5)

    end = time.monotonic() + 0.8
    while source.unanswered.total() and time.monotonic() < end:
        time.sleep(0.02)
    assert not source.unanswered.total()
