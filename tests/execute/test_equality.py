"""The same job gives the same bytes, in processes of this machine and on Dask, whatever is killed meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from app.api.jobs import AskedSeries, gather, read_series
from app.execute import Outcome, open_executor, spread
from app.execute.pool import ProcessPool
from app.model.search import Search
from app.runtime import build_runtime
from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving
from tests.small_scenes import POINT, SQUARE, make_scenes, values_of

HOME = "http://127.0.0.1:8000"


async def texts_of(asked: AskedSeries, settings: Settings) -> list[str]:
    rt = build_runtime(settings)
    try:
        return list((await gather(rt, asked)).texts)
    finally:
        await rt.aclose()


async def rows(settings: Settings, kill: Callable[[Any], None]) -> list[Outcome]:
    """Work on all scenes; ``kill`` is called with the executor when a fifth is done."""
    asked = read_series(Search(url="scenes"), {"assets": "data", "point": POINT}, HOME, settings)
    texts = list(enumerate(await texts_of(asked, settings)))
    found = []
    async with open_executor(settings) as executor:
        async for outcome in spread(executor, asked.work, texts, settings):
            found.append(outcome)
            if len(found) == len(texts) // 5:
                kill(executor)
    return sorted(found, key=lambda outcome: outcome.number)


@pytest.mark.parametrize("count", [100, pytest.param(500, marks=pytest.mark.slow)])
def test_rows_are_equal_when_a_worker_of_each_is_killed(tmp_path, cluster, count):
    """One of two workers, with -9, in the middle."""
    (tmp_path / "scenes").mkdir()
    make_scenes(tmp_path / "scenes", count)
    settings = Settings(data_root=tmp_path, jobs_processes=2)
    on_dask = settings.model_copy(update={"dask_scheduler": cluster.address})

    def kill_lane(pool: ProcessPool) -> None:
        os.kill(pool.pids[0], signal.SIGKILL)

    victim = cluster.workers[-1]
    here = asyncio.run(rows(settings, kill_lane))
    there = asyncio.run(rows(on_dask, lambda _: victim.kill()))
    assert victim.wait(10) == -signal.SIGKILL
    cluster.add_worker()
    assert here == there
    values = [json.loads(outcome.body)["shapes"][0]["b1"]["value"] for outcome in here]
    assert values == [values_of(number)[5, 10] for number in range(count)]


def results(settings: Settings, **inputs: Any) -> bytes:
    """What a server gives for a job."""
    with serving(settings) as base:
        body = {"inputs": {"search": {"url": "scenes"}, **inputs}}
        accepted = requests.post(f"{base}/jobs", json=body, timeout=60)
        location = accepted.headers["Location"]
        deadline = time.monotonic() + 60
        while not (found := requests.get(f"{location}/results", timeout=60)).ok:
            assert time.monotonic() < deadline, found.text
            time.sleep(0.1)
        return found.content


@pytest.mark.slow
def test_servers_give_the_same_bytes_with_and_without_dask(tmp_path, cluster):
    """Statistics within a polygon, histograms and all."""
    (tmp_path / "scenes").mkdir()
    make_scenes(tmp_path / "scenes", 10)
    settings = Settings(data_root=tmp_path, jobs_dir=tmp_path / "jobs", jobs_processes=1)
    on_dask = settings.model_copy(update={"dask_scheduler": cluster.address})
    here = results(settings, features=SQUARE, expression="data*0.1")
    assert here == results(on_dask, features=SQUARE, expression="data*0.1")
    assert len(json.loads(here)["rows"]) == 10


def test_a_server_whose_scheduler_is_gone_takes_no_job(tmp_path):
    pytest.importorskip("distributed", reason="the extra [dask] is not installed")
    (tmp_path / "scenes").mkdir()
    make_scenes(tmp_path / "scenes", 1)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        with serving(Settings(data_root=tmp_path, jobs_dir=tmp_path / "jobs", dask_scheduler=address)) as base:
            body = {"inputs": {"search": {"url": "scenes"}, "assets": "data", "point": POINT}}
            problem = problem_of(requests.post(f"{base}/jobs", json=body, timeout=20))
            assert problem["status"] == 503
            assert "SWATH_DASK_SCHEDULER" in problem["detail"]
            assert requests.get(f"{base}/jobs", timeout=20).json()["jobs"] == []
