"""Jobs over the scenes of a STAC API: items come with the search, and are not asked for again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.settings import Settings
from tests.serving import serving
from tests.small_scenes import POINT, make_scenes, values_of
from tests.stac_api import ScriptedApi
from tests.upstream import Upstream, upstream

COUNT = 12


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Upstream]:
    make_scenes(tmp_path, COUNT)
    with upstream(tmp_path) as server:
        yield server


def items_of(server: Upstream, count: int) -> list[dict[str, Any]]:
    items = [json.loads((server.folder / f"scene-{number:04}.json").read_text()) for number in range(count)]
    for item in items:
        item["assets"]["data"]["href"] = server.url(f"/{item['id']}.tif")
    return items


def results(settings: Settings, api: ScriptedApi) -> dict[str, Any]:
    with serving(settings) as base:
        body = {"inputs": {"search": {"api": api.url}, "assets": "data", "point": POINT}}
        accepted = requests.post(f"{base}/jobs", json=body, timeout=60)
        assert accepted.status_code == 201, accepted.text
        deadline = time.monotonic() + 60
        while not (found := requests.get(f"{accepted.headers['Location']}/results", timeout=60)).ok:
            assert time.monotonic() < deadline, found.text
            time.sleep(0.1)
        told: dict[str, Any] = found.json()
        return told


def test_what_a_search_brings_is_read_once_and_what_it_leaves_out_is_told(source, tmp_path):
    """An API that fails once, repeats an item and has a broken one."""
    items = items_of(source, COUNT)
    api = ScriptedApi(source, [*items, items[0], {"id": "broken", "type": "Feature"}])
    source.fault("/search", status=502, times=1)
    settings = Settings(allow_hosts=source.host, jobs_dir=tmp_path / "jobs", jobs_processes=1)
    told = results(settings, api)
    assert [row["values"] for row in told["rows"]] == [[values_of(number)[5, 10]] for number in range(COUNT)]
    assert (told["numberMatched"], told["numberUsed"], told["truncated"]) == (COUNT + 1, COUNT, None)
    assert told["notes"][:2] == [
        "Left out: 1 item that had come before (scene-0000).",
        "Left out: 1 item without geometry (broken).",
    ]
    assert not [asked for asked in source.log if "/items/" in asked.path]


def test_a_source_that_hangs_costs_a_scene_its_deadline_and_the_job_goes_on(source, tmp_path):
    source.fault("/scene-0001.tif", hang_at=0)
    settings = Settings(
        allow_hosts=source.host, jobs_dir=tmp_path / "jobs", jobs_processes=1, crop_deadline_s=1, upstream_timeout_s=3
    )
    told = results(settings, ScriptedApi(source, items_of(source, 3)))
    assert [row["id"] for row in told["rows"]] == ["scene-0000", "scene-0002"]
    [left_out] = told["left_out"]
    assert left_out["ids"] == ["scene-0001"]
    assert "SWATH_CROP_DEADLINE_S" in left_out["reason"]
