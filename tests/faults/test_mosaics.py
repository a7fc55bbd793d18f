"""Mosaics over scenes that aim elsewhere or fail: the others make the picture, and nothing forbidden is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.faults.conftest import Tiles
from tests.faults.test_timeseries import scene
from tests.problems import problem_of
from tests.stac_api import ScriptedApi
from tests.upstream import Upstream, upstream

FORBIDDEN = [
    ("file:///etc/passwd", 403),
    ("http://169.254.169.254/a.tif", 403),
    ("http://[::1]/a.tif", 403),
    ("/etc/passwd", 424),
    ("/vsicurl/http://127.0.0.1/a", 403),
]
"""And what is said of each: a path is of the host that the item comes from, which has no such file."""


@pytest.fixture
def source(folder: Path) -> Iterator[Upstream]:
    with upstream(folder) as running:
        yield running


def picture(tiles: Tiles, source: Upstream, **query: str) -> requests.Response:
    params = {"api": source.url(""), "assets": "a", "pixel_selection": "mean", **query}
    return requests.get(f"{tiles.base}/search/bbox/10.2,50.2,10.8,50.8/32x32.npy", params=params, timeout=60)


@pytest.mark.parametrize(("href", "status"), FORBIDDEN)
def test_a_scene_that_aims_elsewhere_is_left_out_or_refused(tiles: Tiles, source: Upstream, href: str, status: int):
    ScriptedApi(source, [scene(source, 0), scene(source, 1, href)])
    answer = picture(tiles, source)
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Items"] == "scene-0000"
    problem = problem_of(picture(tiles, source, strict="true"))
    assert problem["status"] == status
    assert "scene-0001" in problem["detail"]
    assert "passwd" not in problem["detail"]


def test_scenes_that_all_aim_elsewhere_are_refused_alike(tiles: Tiles, source: Upstream):
    """What is there and what is not cannot be told apart."""
    told = []
    for href in ("file:///etc/passwd", "file:///etc/is-not-there"):
        ScriptedApi(source, [scene(source, 0, href)])
        problem = problem_of(picture(tiles, source, pixel_selection="first", max_items=str(10 + len(told))))
        told.append((problem["status"], problem["type"], problem["detail"]))
    assert told[0] == told[1]
    assert told[0][0] == 403


def test_a_scene_that_is_gone_is_left_out(tiles: Tiles, source: Upstream):
    ScriptedApi(source, [scene(source, number) for number in range(3)])
    source.fault("/~2/a.tif", status=404)
    answer = picture(tiles, source)
    assert sorted(answer.headers["X-Items"].split(",")) == ["scene-0000", "scene-0001"]
    problem = problem_of(picture(tiles, source, strict="true"))
    assert problem["status"] == 424
    assert "scene-0002" in problem["detail"]


def test_a_picture_without_a_scene_that_fails_in_passing_is_kept_by_nobody(tiles: Tiles, source: Upstream):
    """One file hangs and one asks for a pause; once both are well, they are there."""
    ScriptedApi(source, [scene(source, number) for number in range(4)])
    source.fault("/~0/a.tif", delay_s=60)
    source.fault("/~1/a.tif", status=503, headers={"Retry-After": "30"})
    answer = picture(tiles, source)
    assert sorted(answer.headers["X-Items"].split(",")) == ["scene-0002", "scene-0003"]
    assert answer.headers["Cache-Control"] == "no-cache"
    assert problem_of(picture(tiles, source, strict="true"))["status"] in (503, 504)
    for path in ("/~0/a.tif", "/~1/a.tif"):
        source.fault(path)
    healed = picture(tiles, source)
    assert healed.headers["X-Items-Used"] == "4"
    assert "max-age" in healed.headers["Cache-Control"]
    assert picture(tiles, source).headers["X-Cache"] == "HIT"


def test_a_scene_that_never_had_the_file_takes_nothing_from_the_caches(tiles: Tiles, source: Upstream):
    ScriptedApi(source, [scene(source, number) for number in range(2)])
    source.fault("/~1/a.tif", status=404)
    first, again = picture(tiles, source), picture(tiles, source)
    assert (first.headers["X-Items"], first.headers["X-Cache"], again.headers["X-Cache"]) == (
        "scene-0000",
        "MISS",
        "HIT",
    )


def test_explain_names_the_scene_that_fails(tiles: Tiles, source: Upstream):
    ScriptedApi(source, [scene(source, 0), scene(source, 1, "file:///etc/passwd")])
    params = {"api": source.url(""), "assets": "a"}
    told = requests.get(f"{tiles.base}/search/explain", params=params, timeout=60).json()
    scenes = {each["dataset"]: each for each in told["scenes"]}
    assert scenes["scene-0000"]["reads"]
    assert (scenes["scene-0001"]["reads"], scenes["scene-0001"]["error"]) == ([], "source-not-allowed")
