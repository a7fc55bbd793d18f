"""Jobs over the scenes of a STAC API: items come with the search, and are not asked for again."""

from __future__ import annotations

import json
import time
from pathlib import Path

import requests

from app.settings import Settings
from tests.serving import serving
from tests.small_scenes import POINT, make_scenes, values_of
from tests.stac_api import ScriptedApi
from tests.upstream import upstream

COUNT = 12


def test_what_a_search_brings_is_read_once_and_what_it_leaves_out_is_told(tmp_path: Path):
    """An API that pages, fails once, repeats an item and has a broken one."""
    make_scenes(tmp_path, COUNT)
    with upstream(tmp_path) as server:
        items = [json.loads((tmp_path / f"scene-{number:04}.json").read_text()) for number in range(COUNT)]
        for item in items:
            item["assets"]["data"]["href"] = server.url(f"/{item['id']}.tif")
        api = ScriptedApi(server, [*items, items[0], {"id": "broken", "type": "Feature"}])
        server.fault("/search", status=502, times=1)
        settings = Settings(allow_hosts=server.host, jobs_dir=tmp_path / "jobs", jobs_processes=1)
        with serving(settings) as base:
            body = {"inputs": {"search": {"api": api.url}, "assets": "data", "point": POINT}}
            accepted = requests.post(f"{base}/jobs", json=body, timeout=60)
            assert accepted.status_code == 201, accepted.text
            results = f"{accepted.headers['Location']}/results"
            deadline = time.monotonic() + 60
            while not (found := requests.get(results, timeout=60)).ok:
                assert time.monotonic() < deadline, found.text
                time.sleep(0.1)
        told = found.json()
        assert [value for row in told["rows"] for value in row["values"].values()] == [
            values_of(number)[5, 10] for number in range(COUNT)
        ]
        assert (told["matched"], told["used"], told["truncated"]) == (COUNT + 1, COUNT, None)
        assert told["notes"][:2] == [
            "Left out: 1 item that had come before (scene-0000).",
            "Left out: 1 item without geometry (broken).",
        ]
        assert not [asked for asked in server.log if "/items/" in asked.path]
