"""Time series over sources that err, hang or aim elsewhere, and callers who leave: what can be told is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from benchmarks.guards.clients import run, until
from tests.faults.conftest import Tiles
from tests.problems import problem_of
from tests.stac_api import ScriptedApi
from tests.upstream import Upstream, upstream

PLACE = "10.5,50.5"


@pytest.fixture
def source(folder: Path) -> Iterator[Upstream]:
    with upstream(folder) as running:
        yield running


def scene(source: Upstream, number: int, href: str | None = None) -> dict[str, Any]:
    """An item of its own file; all files are the same bytes."""
    ring = [[10, 50], [11, 50], [11, 51], [10, 51], [10, 50]]
    return {
        "type": "Feature",
        "id": f"scene-{number:04}",
        "bbox": [10, 50, 11, 51],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"datetime": f"2019-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}T10:00:00Z"},
        "assets": {"a": {"href": href or source.url(f"/~{number}/a.tif"), "type": "image/tiff; application=geotiff"}},
    }


def series(tiles: Tiles, source: Upstream, **query) -> requests.Response:
    params = {"api": source.url(""), "assets": "a", **query}
    return requests.get(f"{tiles.base}/timeseries/point/{PLACE}", params=params, stream=True, timeout=60)


def test_a_search_of_1000_items_is_complete_and_begins_at_once(tiles: Tiles, source: Upstream):
    """The first line comes while most of the scenes have not been looked at."""
    api = ScriptedApi(source, [scene(source, number) for number in range(1000)])
    lines = series(tiles, source, f="ndjson").iter_lines()
    first, asked = json.loads(next(lines)), len(source.log)
    assert asked < 200
    assert first["done"] < 20
    *rows, books = [first, *map(json.loads, lines)]
    assert len({row["id"] for row in rows}) == 1000
    assert rows[-1]["done"] == rows[-1]["total"] == 1000
    assert (books["numberMatched"], books["numberUsed"], books["truncated"]) == (1000, 1000, None)
    assert len(api.asked) <= 11


def test_lines_come_in_the_order_of_time(tiles: Tiles, source: Upstream):
    """Of two scenes the earlier one is slow."""
    ScriptedApi(source, [scene(source, 1), scene(source, 0)])
    source.fault("/~0/a.tif", delay_s=0.3)
    ids = [json.loads(line).get("id") for line in series(tiles, source, f="ndjson", order="date").iter_lines()]
    assert ids == ["scene-0000", "scene-0001", None]
    source.fault("/~2/a.tif", delay_s=0.3)
    ScriptedApi(source, [scene(source, 2), scene(source, 3)])
    ids = [json.loads(line).get("id") for line in series(tiles, source, f="ndjson").iter_lines()]
    assert ids == ["scene-0003", "scene-0002", None]


def test_an_api_that_errs_is_told_of(tiles: Tiles, source: Upstream):
    """It pages, fails once, repeats an item, gives a broken one, and lies about how many there are."""
    broken = {**scene(source, 5), "geometry": None, "bbox": None}
    api = ScriptedApi(source, [*(scene(source, number) for number in range(5)), broken, scene(source, 2)])
    api.told = 500
    source.fault("/search", status=503, times=1)
    answer = series(tiles, source)
    told = answer.json()
    assert [row["id"] for row in told["rows"]] == [f"scene-{number:04}" for number in range(5)]
    assert [entry["ids"] for entry in told["left_out"]] == [["scene-0005"], ["scene-0002"]]
    assert answer.headers["X-Items-Used"] == "5"
    assert any("500" in note for note in told["notes"])


@pytest.mark.parametrize(
    "href",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "http://169.254.169.254/a.tif",
        "http://[::1]/a.tif",
        "/vsicurl/http://127.0.0.1/a",
    ],
)
def test_an_item_that_aims_elsewhere_is_left_out(tiles: Tiles, source: Upstream, href: str):
    ScriptedApi(source, [scene(source, 0), scene(source, 1, href)])
    told = series(tiles, source).json()
    assert [row["id"] for row in told["rows"]] == ["scene-0000"]
    [entry] = told["left_out"]
    assert entry["ids"] == ["scene-0001"]
    assert "passwd" not in json.dumps(told)


def test_files_that_hang_are_left_out_and_the_others_are_there(tiles: Tiles, source: Upstream):
    ScriptedApi(source, [scene(source, number) for number in range(12)])
    for number in range(6):
        source.fault(f"/~{number}/a.tif", delay_s=60)
    answer = series(tiles, source)
    assert [row["id"] for row in answer.json()["rows"]] == [f"scene-{number:04}" for number in range(6, 12)]


def test_a_file_that_hangs_and_one_that_asks_for_a_pause_end_nothing(tiles: Tiles, source: Upstream):
    """All others are read, also those whose turn comes later."""
    ScriptedApi(source, [scene(source, number) for number in range(40)])
    source.fault("/~1/a.tif", delay_s=60)
    source.fault("/~2/a.tif", status=503, headers={"Retry-After": "30"})
    source.fault("/~3/a.tif", drip_s=0.2)
    source.fault("/~4/a.tif", cut_at=100)
    told = series(tiles, source).json()
    others = {f"scene-{number:04}" for number in range(40)} - {f"scene-{number:04}" for number in (1, 2, 3, 4)}
    assert {row["id"] for row in told["rows"]} == others
    assert told["truncated"] is None
    assert {each for entry in told["left_out"] for each in entry["ids"]} == {f"scene-{n:04}" for n in (1, 2, 3, 4)}
    reasons = " ".join(entry["reason"] for entry in told["left_out"])
    assert "SWATH_UPSTREAM_TIMEOUT_S" in reasons
    assert "SWATH_CROP_DEADLINE_S" in reasons
    assert "asks for a pause (503)" in reasons


def test_a_source_that_asks_for_a_pause_with_every_file_is_believed(tiles: Tiles, source: Upstream):
    ScriptedApi(source, [scene(source, number) for number in range(200)])
    source.fault("/~*", status=429, headers={"Retry-After": "20"})
    problem = problem_of(series(tiles, source))
    assert (problem["status"], problem["type"]) == (503, "overloaded")
    assert len(source.log) < 100


def test_who_leaves_a_series_ends_it(tiles: Tiles, source: Upstream):
    """No more than what was under way is asked for afterwards."""
    ScriptedApi(source, [scene(source, number) for number in range(1000)])
    source.fault("/~*", delay_s=0.1)
    answer = series(tiles, source, f="ndjson")
    next(answer.iter_lines())
    answer.close()

    async def settled() -> int:
        await until(lambda: not source.unanswered.total(), 5)
        await asyncio.sleep(0.3)
        return len(source.log)

    seen = run(settled())
    assert run(settled()) == seen < 200


def test_a_search_that_fails_is_a_problem_whatever_the_form(tiles: Tiles, source: Upstream):
    ScriptedApi(source, [])
    source.fault("/search", status=500)
    for form in ("json", "ndjson", "csv"):
        assert problem_of(series(tiles, source, f=form))["status"] == 502
