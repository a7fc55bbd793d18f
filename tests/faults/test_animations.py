"""Animations over scenes that hang, are cut or aim elsewhere, and callers who leave: the other scenes move."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from PIL import Image

from benchmarks.guards.clients import Caller, ask, run, until
from tests.faults.conftest import Tiles
from tests.faults.test_mosaics import FORBIDDEN
from tests.faults.test_timeseries import scene
from tests.problems import problem_of
from tests.stac_api import ScriptedApi
from tests.upstream import Upstream, upstream

PLACE = "/timeseries/bbox/10.2,50.2,10.8,50.8/32x32.apng"


@pytest.fixture
def source(folder: Path) -> Iterator[Upstream]:
    with upstream(folder) as running:
        yield running


def animation(tiles: Tiles, source: Upstream, **query: str) -> requests.Response:
    params = {"api": source.url(""), "assets": "a", "rescale": "0,1000", **query}
    return requests.get(tiles.base + PLACE, params=params, timeout=60)


def frames(answer: requests.Response) -> int:
    assert answer.status_code == 200, answer.text
    with Image.open(io.BytesIO(answer.content)) as image:
        return image.n_frames


@pytest.mark.parametrize("href", [href for href, _ in FORBIDDEN])
def test_a_scene_that_aims_elsewhere_is_left_out(tiles: Tiles, source: Upstream, href: str):
    ScriptedApi(source, [scene(source, number) for number in range(2)] + [scene(source, 2, href)])
    answer = animation(tiles, source)
    assert frames(answer) == 2
    assert "scene-0002" in answer.headers["X-Items-Left-Out"]
    assert "passwd" not in str(answer.headers)


@pytest.mark.parametrize(
    "how",
    [{"delay_s": 60}, {"hang_at": 100}, {"cut_at": 100}, {"status": 503, "headers": {"Retry-After": "30"}}],
    ids=["silent", "hangs", "cut", "pause"],
)
@pytest.mark.parametrize("rescale", ["0,1000", "auto"])
def test_a_file_that_fails_is_left_out_and_the_others_move(tiles: Tiles, source: Upstream, how: dict, rescale: str):
    ScriptedApi(source, [scene(source, number) for number in range(6)])
    source.fault("/~1/a.tif", **how)
    answer = animation(tiles, source, rescale=rescale)
    assert frames(answer) == 5
    assert "(scene-0001)" in answer.headers["X-Items-Left-Out"]
    assert answer.headers["Cache-Control"] == "no-cache"


def test_where_all_files_fail_the_first_failure_is_told(tiles: Tiles, source: Upstream):
    ScriptedApi(source, [scene(source, number) for number in range(3)])
    source.fault("/~*", delay_s=60)
    assert problem_of(animation(tiles, source))["status"] == 504


def test_animations_that_hang_stop_nobody_and_end_with_their_callers(tiles: Tiles, source: Upstream, folder: Path):
    ScriptedApi(source, [scene(source, number) for number in range(200)])
    source.fault("/~*", delay_s=0.4)

    async def story() -> list[int]:
        path = f"{PLACE}?api={source.url('')}&assets=a&rescale=0,1000"
        callers = [Caller(tiles.base) for _ in range(20)]
        tasks = [asyncio.create_task(caller.get(f"{path}&fps={number + 1}")) for number, caller in enumerate(callers)]
        await until(lambda: source.unanswered.total() >= 4, 5)
        honest = [await ask(tiles.base, each) for each in ("/livez", tiles.path(other.url("/item.json")))]
        for caller, task in zip(callers, tasks, strict=True):
            task.cancel()
            caller.leave()
        await until(lambda: not source.unanswered.total(), 5)
        seen = len(source.log)
        await asyncio.sleep(0.6)
        assert len(source.log) == seen < 200
        assert max(answer.seconds for answer in honest) < 1
        return [answer.status for answer in honest]

    with upstream(folder, "127.0.0.2") as other:
        assert run(story()) == [200, 200]
