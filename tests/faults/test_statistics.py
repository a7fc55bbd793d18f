"""Statistics whose source hangs: they end at their deadline, and nobody else waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from app.settings import Settings
from tests.geojson import box, collection, feature
from tests.problems import problem_of
from tests.serving import serving
from tests.upstream import Upstream, upstream

DEADLINE_S = 0.8
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


def test_a_caller_who_leaves_ends_the_work(base: str, source: Upstream):
    source.fault("/~*/a.tif", delay_s=60)
    url = source.url("/~left/item.json")
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{base}/stac/statistics", params={"url": url, "assets": "a"}, json=FIELDS, timeout=0.5)

    end = time.monotonic() + 0.8
    while source.unanswered.total() and time.monotonic() < end:
        time.sleep(0.02)
    assert not source.unanswered.total()


def test_equal_statistics_at_the_same_moment_are_counted_once(base: str, source: Upstream):
    source.fault("/~*/a.tif", delay_s=0.1)
    url = source.url("/~equal/item.json")

    def ask(_: int) -> Any:
        answer = requests.get(f"{base}/stac/statistics", params={"url": url, "assets": "a"}, timeout=30)
        return answer.json(), "finish;" in answer.headers["Server-Timing"]

    with ThreadPoolExecutor(8) as pool:
        bodies, counted = zip(*pool.map(ask, range(8)), strict=True)
    assert all(body == bodies[0] for body in bodies)
    assert sum(counted) < 8
