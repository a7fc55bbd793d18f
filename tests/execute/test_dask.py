"""The Dask executor: real workers, which may be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from app.errors import Overloaded
from app.execute import Outcome, open_executor, spread
from app.settings import Settings
from tests.dask_cluster import Cluster, dask_cluster, until
from tests.working import Errand

pytest.importorskip("distributed", reason="the extra [dask] is not installed")


async def done(cluster: Cluster, folder: Path, texts: list[str], **settings: object) -> list[Outcome]:
    chosen = Settings(dask_scheduler=cluster.address, **settings)
    async with open_executor(chosen) as executor:
        outcomes = spread(executor, Errand(folder=folder), list(enumerate(texts)), chosen)
        return sorted([outcome async for outcome in outcomes], key=lambda outcome: outcome.number)


def test_each_text_gives_one_outcome_and_logs_have_no_secrets(cluster, tmp_path):
    texts = [f"echo https://x.org/a.tif?sig={number}" for number in range(50)] + ["fail", "setting signing_keys"]
    found = asyncio.run(done(cluster, tmp_path, texts, signing_keys="0123456789abcdef"))
    assert [outcome.body for outcome in found] == [*texts[:50], None, "()"]
    assert "a mistake" in cluster.log, "the worker's own log has the traceback"
    assert "sig=" not in cluster.log
    assert "0123456789abcdef" not in cluster.log


def test_a_scheduler_that_says_nothing_is_told_at_once(tmp_path):
    """It accepts; one that refuses is a case of ``test_equality``."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        nobody = Cluster(address=f"tcp://127.0.0.1:{listener.getsockname()[1]}", folder=tmp_path)
        start = time.monotonic()
        with pytest.raises(Overloaded, match="SWATH_DASK_SCHEDULER"):
            asyncio.run(done(nobody, tmp_path, ["echo"]))
        assert time.monotonic() - start < 10


@pytest.mark.slow
def test_a_scheduler_that_ends_is_told(tmp_path_factory, tmp_path):
    """What was under way does not wait for ever."""

    async def story(cluster: Cluster) -> None:
        texts = ["note begun", *["sleep 30"] * 3]
        work = asyncio.create_task(done(cluster, tmp_path, texts))
        await asyncio.to_thread(until, lambda: list(tmp_path.iterdir()))
        os.kill(cluster.pid, signal.SIGKILL)
        with pytest.raises(Overloaded, match="SWATH_DASK_SCHEDULER"):
            await asyncio.wait_for(work, 20)

    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=1) as running:
        asyncio.run(story(running))


@pytest.mark.slow
def test_a_text_that_ends_every_worker_is_given_up_and_takes_no_other_along(tmp_path_factory, tmp_path):
    """Dask gives up at the first loss here, not at the fourth; the text goes out twice more, by itself."""
    texts = [f"echo {number}" for number in range(70)]
    texts[40] = "kill"
    allowed = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with dask_cluster(tmp_path_factory.mktemp("dask"), workers=4, **allowed) as running:
        found = asyncio.run(done(running, tmp_path, texts))
        assert [outcome.body for outcome in found] == [*texts[:40], None, *texts[41:]]
        assert sum(worker.poll() is not None for worker in running.workers) == 3
