"""The scenes of a search are found once for all who ask at the same moment, and kept for a while."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from app.errors import UpstreamFailed
from app.model.search import Search
from app.pipeline.searches import find_scenes, stream_scenes
from app.runtime import Runtime, build_runtime
from app.settings import Settings
from app.stac.search.account import Account
from tests.upstream import Upstream, upstream

ITEM = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [30.8, 29.4]},
    "bbox": [30.8, 29.4, 30.8, 29.4],
    "assets": {"B04": {"href": "B04.tif"}},
}


def items(count: int) -> bytes:
    features = [
        {**ITEM, "id": f"s{number}", "properties": {"datetime": f"2019-01-{number + 1:02}T00:00:00Z"}}
        for number in range(count)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@pytest.fixture
def api(tmp_path):
    with upstream(tmp_path) as running:
        running.fault("/scenes.json", body=items(5))
        yield running


def run(api: Upstream, story: Callable[[Runtime, Search], Awaitable[None]], **settings) -> None:
    """Tell a story with a runtime that may ask the upstream."""

    async def told() -> None:
        rt = build_runtime(Settings(allow_hosts=api.host, **settings))
        try:
            await story(rt, Search(url=api.url("/scenes.json")))
        finally:
            await rt.aclose()

    asyncio.run(told())


def asked(api: Upstream) -> int:
    return sum(request.path == "/scenes.json" for request in api.log)


def test_equal_searches_at_the_same_moment_are_one(api):
    async def story(rt: Runtime, search: Search) -> None:
        first, *others = await asyncio.gather(*(find_scenes(rt, search, "http://here") for _ in range(10)))
        assert [scene.id for scene in first.scenes] == ["s0", "s1", "s2", "s3", "s4"]
        assert all(each is first for each in others)
        assert await find_scenes(rt, search, "http://here") is first

    run(api, story)
    assert asked(api) == 1


def test_what_was_found_ages(api):
    async def story(rt: Runtime, search: Search) -> None:
        await find_scenes(rt, search, "http://here")
        await asyncio.sleep(0.1)
        await find_scenes(rt, search, "http://here")

    run(api, story, cache_searches_ttl_s=0.05)
    assert asked(api) == 2


def test_a_stream_is_kept_and_told_again_with_books_of_its_own(api):
    async def story(rt: Runtime, search: Search) -> None:
        first, second = Account(), Account()
        ids = [scene.id async for scene in stream_scenes(rt, search, "http://here", first)]
        first.drop("that came later", "s1")
        again = [scene.id async for scene in stream_scenes(rt, search, "http://here", second)]
        second.drop("that came later still", "s2")
        assert ids == again == ["s0", "s1", "s2", "s3", "s4"]
        third = await find_scenes(rt, search, "http://here")
        assert second.matched == third.account.matched == 5
        assert (second.used, third.account.used) == (4, 5)
        assert not third.account.left_out

    run(api, story)
    assert asked(api) == 1


def test_a_failure_is_kept_by_nobody(api):
    api.fault("/scenes.json", status=500)

    async def story(rt: Runtime, search: Search) -> None:
        with pytest.raises(UpstreamFailed):
            await find_scenes(rt, search, "http://here")
        api.fault("/scenes.json", body=items(2))
        assert len((await find_scenes(rt, search, "http://here")).scenes) == 2

    run(api, story)
