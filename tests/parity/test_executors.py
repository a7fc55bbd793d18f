"""The same job gives the same bytes, in processes of this machine and on Dask, whatever is killed meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.api.jobs import AskedSeries, gather, read_series
from app.execute import Outcome, open_executor, spread
from app.execute.pool import ProcessPool
from app.runtime import build_runtime
from app.settings import Settings
from tests.dask_cluster import Cluster, dask_cluster
from tests.small_scenes import POINT, make_scenes, values_of

pytest.importorskip("distributed", reason="the extra [dask] is not installed")

HOME = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=2) as running:
        yield running


async def texts_of(asked: AskedSeries, settings: Settings) -> list[str]:
    rt = build_runtime(settings)
    try:
        return list((await gather(rt, asked, HOME)).texts)
    finally:
        await rt.aclose()


async def rows(settings: Settings, kill: Callable[[Any], None]) -> list[Outcome]:
    """Work on all scenes; ``kill`` is called with the executor when a fifth is done."""
    inputs = {"search": {"url": "scenes"}, "assets": "data", "point": POINT}
    asked = read_series(inputs, HOME, settings)
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
    assert [json.loads(outcome.body)["id"] for outcome in here] == [f"scene-{number:04}" for number in range(count)]
    values = [next(iter(json.loads(outcome.body)["values"].values())) for outcome in here]
    assert values == [values_of(number)[5, 10] for number in range(count)]
