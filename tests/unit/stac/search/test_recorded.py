"""Answers of real APIs, as they were recorded, given again by a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.model.search import Search
from tests.shared import DATA, needs_shared
from tests.stac_api import CORE, FIELDS, QUERY, ScriptedApi
from tests.unit.stac.search.searching import search
from tests.upstream import Upstream, upstream

pytestmark = needs_shared
FOLDER = DATA / "stac-search-responses"
NAMES = sorted(path.name for path in FOLDER.glob("*.json")) if FOLDER.is_dir() else []


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Upstream]:
    with upstream(tmp_path) as server:
        yield server


def recorded(name: str) -> Any:
    return json.loads((FOLDER / name).read_text("utf-8"))


def replay(server: Upstream, *names: str) -> list[Any]:
    """Give the answers one after the other, then an empty page; gives what is asked."""
    answers = iter([*(recorded(name)["response"] for name in names), {"type": "FeatureCollection", "features": []}])
    api = ScriptedApi(server, [], (*CORE, QUERY, FIELDS))

    def reply(asked):
        api.asked.append(json.loads(asked.body))
        return json.dumps(next(answers)).encode()

    server.reply("/search", reply)
    return api.asked


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_item_becomes_a_scene(server, name):
    replay(server, name)
    found = search(server, Search(api=server.url("")))
    features = recorded(name)["response"]["features"]
    assert found.ids == [feature["id"] for feature in features]
    assert found.account.left_out == {}
    for scene, feature in zip(found.scenes, features, strict=True):
        assert scene.collection == feature["collection"]
        assert feature["properties"]["datetime"].startswith(scene.datetime.strftime("%Y-%m-%dT%H:%M:%S"))
        assert scene.cloud_cover == feature["properties"].get("eo:cloud_cover")
        assert list(scene.bounds_wgs84) == feature["bbox"]


@pytest.mark.parametrize(
    ("names", "member"),
    [
        (["earthsearch_v0_s2cogs_limit1.1.json"], {"page": 2}),
        (["earthsearch_v1_multi.0.json", "earthsearch_v1_multi.1.json"],
         {"next": "2023-10-08T17:37:26.656958Z,LC08_L2SP_033032_20231008_02_T1,landsat-c2-l2"}),
        (["pc_naip_paging.0.json", "pc_naip_paging.1.json"], {"token": "next:naip:vt_m_4307307_nw_18_060_20211029"}),
    ],
)  # fmt: skip
def test_the_second_page_is_asked_for_as_the_first_one_says(server, names, member):
    """To the API that was asked, not to the host of the link, which is on the internet."""
    asked = replay(server, *names)
    found = search(server, Search(api=server.url("")))
    assert member.items() <= asked[1].items()
    assert len(found.ids) == sum(len(recorded(name)["response"]["features"]) for name in names)
    assert found.account.truncated is None
