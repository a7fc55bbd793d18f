"""Whose jobs are they, and what do they cost?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from app.access.keys import Scope, new_key
from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.small_scenes import POINT, make_scenes

KEYS = {
    name: new_key(name, scopes, None) for name, scopes in (("ann", []), ("ben", [Scope.DATA]), ("map", [Scope.TILES]))
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("data")
    (root / "scenes").mkdir()
    make_scenes(root / "scenes", 3)
    settings = Settings(
        data_root=root,
        jobs_dir=tmp_path_factory.mktemp("jobs"),
        jobs_processes=1,
        api_keys=[made.entry for _, made in KEYS.values()],
        rate_limit=0.001,
        rate_burst=8,
    )
    with serving(settings) as base:
        yield base


def headers(name: str) -> dict[str, str]:
    return {"X-API-Key": KEYS[name][0]}


def accept(base: str, name: str) -> requests.Response:
    body = {"inputs": {"search": {"url": "scenes"}, "assets": "data", "point": POINT}}
    return requests.post(f"{base}/jobs", json=body, headers=headers(name), timeout=60)


def test_jobs_are_their_callers_and_are_charged_scene_by_scene(server):
    first = accept(server, "ann")
    assert first.status_code == 201
    left = int(first.headers["RateLimit"].split("r=")[1].split(";")[0])
    assert left <= 8 - 3, "three scenes of one asset"
    location = first.headers["Location"]
    assert requests.get(location, headers=headers("ann"), timeout=60).ok
    for method in ("GET", "DELETE"):
        refused = requests.request(method, location, headers=headers("ben"), timeout=60)
        assert problem_of(refused)["status"] == 404
    assert requests.get(f"{server}/jobs", headers=headers("ben"), timeout=60).json()["jobs"] == []
    assert len(requests.get(f"{server}/jobs", headers=headers("ann"), timeout=60).json()["jobs"]) == 1
    answers = [accept(server, "ann") for _ in range(2)]
    assert problem_of(answers[-1])["status"] == 429


def test_a_key_of_tiles_opens_no_jobs(server):
    assert problem_of(accept(server, "map"))["status"] == 403
    assert problem_of(requests.get(f"{server}/jobs", timeout=60))["status"] == 401
