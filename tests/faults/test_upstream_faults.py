"""An upstream that fails has one status for the caller, is asked again where that helps, and then left alone."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from app.model.location import RemoteLocation
from app.settings import Settings
from benchmarks.guards.clients import Answer
from tests.faults.conftest import DEADLINE_S, SILENCE_S, Tiles
from tests.problems import MEMBERS, is_readable
from tests.reading import reading
from tests.serving import free_port
from tests.upstream import Upstream, upstream
from tests.upstream_faults import ASSET_FAULTS, ITEM_FAULTS

CASES = [
    pytest.param(path, how, status, id=f"{path}-{name}")
    for path, faults in (("/item.json", ITEM_FAULTS), ("/a.tif", ASSET_FAULTS))
    for name, (how, status) in faults.items()
]
IN_PASSING = [
    {"status": 429},
    {"status": 502},
    {"status": 503},
    {"status": 504},
    {"cut_at": 20},
    {"cut_at": -1},
]


@pytest.fixture
def source(folder: Path) -> Iterator[Upstream]:
    """An upstream of its own: a new port is a new host for retries and breakers."""
    with upstream(folder) as running:
        yield running


def problem_of(answer: Answer) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.body)
    assert body.keys() >= MEMBERS
    assert body["status"] == answer.status
    assert is_readable(body["detail"])
    assert "cache-control: no-store" in answer.head.lower()
    return body


@pytest.mark.parametrize(("path", "how", "status"), CASES)
def test_each_fault_has_its_status_soon(tiles: Tiles, source: Upstream, path: str, how: dict[str, Any], status: int):
    source.fault(path, **how)
    answer = tiles.get(source.url("/item.json"))
    assert answer.status == status, answer.body
    assert answer.seconds < 2 * DEADLINE_S
    body = problem_of(answer)
    assert f"127.0.0.1:{source.port}/" not in body["detail"]
    assert (answer.retry_after_s > 0) == (status == 503)
    if isinstance(how.get("status"), int) and status != 503:
        assert body["upstream_status"] == how["status"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/item.json", "http://nowhere.invalid/item.json"])
def test_a_host_that_cannot_be_reached_is_502(tiles: Tiles, url: str):
    answer = tiles.get(url.format(port=free_port()))
    assert answer.status == 502
    problem_of(answer)


def test_a_host_without_tls_is_502(tiles: Tiles, source: Upstream):
    answer = tiles.get(source.url("/item.json").replace("http:", "https:"))
    assert answer.status == 502
    problem_of(answer)


@pytest.mark.parametrize("path", ["/item.json", "/a.tif"])
@pytest.mark.parametrize("how", IN_PASSING, ids=str)
def test_a_fault_in_passing_is_healed_by_a_second_try(tiles: Tiles, source: Upstream, path: str, how: dict[str, Any]):
    source.fault(path, times=1, **how)
    alone = 1 if path == "/item.json" else 2  # a head and a range
    assert tiles.get(source.url("/item.json")).status == 200
    assert source.count(path) == alone + 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 416])
def test_a_fault_that_lasts_is_not_asked_again(tiles: Tiles, source: Upstream, status: int):
    source.fault("/item.json", status=status)
    tiles.get(source.url("/item.json"))
    assert source.count("/item.json") == 1


def test_a_second_try_waits_as_long_as_it_is_asked_to(tiles: Tiles, source: Upstream):
    source.fault("/item.json", status=503, headers={"Retry-After": "1"}, times=1)
    answer = tiles.get(source.url("/item.json"))
    assert (answer.status, source.count("/item.json")) == (200, 2)
    first, second, *_ = source.log
    assert second.at - first.at >= 1


@pytest.mark.parametrize("pause_s", [2, 20])
def test_a_pause_that_does_not_fit_is_told_to_the_caller(tiles: Tiles, source: Upstream, pause_s: int):
    """2 s are behind the deadline of 1.5 s, 20 s are more than 2."""
    source.fault("/item.json", status=503, headers={"Retry-After": str(pause_s)})
    answer = tiles.get(source.url("/item.json"))
    assert (answer.status, answer.retry_after_s, source.count("/item.json")) == (503, pause_s, 1)


def test_second_tries_are_a_tenth_of_the_requests_once_the_saved_ones_are_used(tiles: Tiles, source: Upstream):
    """A host of which every second item fails, few enough for its breaker: each failure would have a second try."""
    source.fault("/~bad*", status=503)
    for number in range(40):
        assert tiles.get(source.url(f"/~good{number}/item.json")).status == 200
        assert tiles.get(source.url(f"/~bad{number}/item.json")).status == 503
    tried_twice = sum(asked.path.startswith("/~bad") for asked in source.log) - 40
    assert 10 <= tried_twice <= 10 + 0.1 * source.count() + 1 < 40


def test_a_host_that_fails_is_left_alone_then_tried_once_and_well_again(tiles: Tiles, source: Upstream, folder: Path):
    source.fault("/~bad*", status=500)
    answers = [tiles.get(source.url(f"/~bad{number}/item.json")) for number in range(30)]
    assert answers[0].status == 502
    refused = answers[-1]
    assert (refused.status, 1 <= refused.retry_after_s <= 5) == (503, True)
    assert refused.seconds < 0.5
    asked = source.count()
    assert 20 <= asked < 30
    tiles.get(source.url("/~bad-again/item.json"))
    assert source.count() == asked  # refused without asking
    with upstream(folder) as other:
        assert tiles.get(other.url("/item.json")).status == 200
    time.sleep(5.2)
    assert tiles.get(source.url("/~well/item.json")).status == 200


def test_a_connection_that_was_idle_for_longer_than_a_source_may_be_silent_is_no_fault(tmp_path: Path):
    """In a busy loop the end of a range of 600 kB comes when reading has stopped: aiohttp's clock runs on for ever."""
    (tmp_path / "large").write_bytes(bytes(600_000))
    (tmp_path / "a.json").write_bytes(b"{}")

    async def be_busy() -> None:
        while True:
            time.sleep(0.002)  # noqa: ASYNC251 -- that is what is wrong with it
            await asyncio.sleep(0)

    async def story(source: Upstream) -> None:
        async with reading(Settings(allow_hosts=source.host, upstream_timeout_s=SILENCE_S)) as room:
            busy = asyncio.create_task(be_busy())
            for _ in range(20):
                await room.client.get_range(RemoteLocation(source.url("/large")), 0, 600_000)
            busy.cancel()
            await asyncio.sleep(2 * SILENCE_S)
            await room.client.get_document(RemoteLocation(source.url("/a.json")), max_bytes=100, timeout_s=5)

    with upstream(tmp_path) as source:
        uvloop.run(story(source))


def test_messages_name_the_host_and_nothing_else_of_a_url(tiles: Tiles, source: Upstream):
    source.fault("/secret-path.json", status=500)
    body = problem_of(tiles.get(source.url("/secret-path.json?token=SECRET")))
    assert not re.search("secret|token", json.dumps(body), re.IGNORECASE)
