"""The desk: one job after the other, each to its end, whatever becomes of callers and servers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from app.errors import LimitExceeded, Overloaded
from app.execute import Outcome
from app.execute.parcel import Parcel
from app.jobs import desk as desk_module
from app.jobs import run as run_module
from app.jobs.books import Books
from app.jobs.desk import Desk
from app.jobs.job import Job, State, Wanted
from app.settings import Settings
from benchmarks.guards.clients import until

WANTED = Wanted(process="timeseries", inputs="{}")


class InProcess:
    """An executor that does as texts say; what began and what was cancelled is noted."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.cancelled: list[str] = []
        self.refuses = False

    async def width(self) -> int:
        return 2

    async def run(self, parcel: Parcel) -> Sequence[Outcome]:
        return [Outcome(number=number, body=await self._one(text)) for number, text in parcel.texts]

    async def aclose(self) -> None:
        pass

    async def _one(self, text: str) -> str:
        self.begun.append(text)
        word, _, rest = text.partition(" ")
        try:
            await asyncio.sleep(float(rest) if word == "sleep" else 0)
        except asyncio.CancelledError:
            self.cancelled.append(text)
            raise
        return json.dumps({"echo": text if word != "large" else "x" * int(rest)}, separators=(",", ":"))


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> InProcess:
    made = InProcess()

    @asynccontextmanager
    async def opened(settings: Settings) -> AsyncGenerator[InProcess]:
        if made.refuses:
            raise Overloaded("The Dask scheduler is not there.")
        yield made

    monkeypatch.setattr(desk_module, "open_executor", opened)
    monkeypatch.setattr(run_module, "open_executor", opened)
    monkeypatch.setattr(desk_module, "LOOK_S", 0.02)
    monkeypatch.setattr(desk_module, "SPEAK_S", 0.02)
    return made


def at_desk(folder: Path, story: Callable[[Desk], Coroutine[Any, Any, None]], **settings: Any) -> None:
    """Tell a story at an open desk, which is closed then."""

    async def told() -> None:
        desk = Desk(Books(folder / "jobs.sqlite", "SWATH_JOBS_DIR"), Settings(**settings), lambda job: None)
        try:
            async with asyncio.timeout(20):
                await story(desk)
        finally:
            await desk.aclose()

    asyncio.run(told())


async def bodies(desk: Desk, job: Job) -> list[str | None]:
    return [outcome.body for _, outcome in await desk.outcomes(job)]


async def ended(desk: Desk, job: Job) -> Job:
    async with asyncio.timeout(10):
        while True:
            now = await desk.job(job.id)
            if now is None or now.state.is_end:
                return now or job
            await asyncio.sleep(0.01)


def test_a_job_is_done_and_its_rows_are_in_order(executor, tmp_path):
    async def story(desk: Desk) -> None:
        job = await ended(desk, await desk.accept(WANTED, ["sleep 0.1", "a", "b"]))
        assert (job.state, job.done) == (State.SUCCESSFUL, 3)
        assert await bodies(desk, job) == ['{"echo":"sleep 0.1"}', '{"echo":"a"}', '{"echo":"b"}']

    at_desk(tmp_path, story)


def test_a_dismissed_job_is_cancelled(executor, tmp_path):
    async def story(desk: Desk) -> None:
        job = await desk.accept(WANTED, ["sleep 60", "sleep 61"])
        await until(lambda: len(executor.begun) == 2, 10)
        assert (await desk.dismiss(await desk.job(job.id))).state is State.DISMISSED
        await until(lambda: len(executor.cancelled) == 2, 10)
        assert (await desk.job(job.id)).state is State.DISMISSED
        await desk.dismiss(await desk.job(job.id))
        assert await desk.job(job.id) is None

    at_desk(tmp_path, story)


def test_a_job_that_takes_too_long_fails_with_the_name_of_the_setting(executor, tmp_path):
    async def story(desk: Desk) -> None:
        job = await ended(desk, await desk.accept(WANTED, ["sleep 60"]))
        assert job.state is State.FAILED
        assert "SWATH_JOBS_TIMEOUT_S" in job.message
        assert (await ended(desk, await desk.accept(WANTED, ["a"]))).state is State.SUCCESSFUL
        assert executor.cancelled == ["sleep 60"]

    at_desk(tmp_path, story, jobs_timeout_s=0.2)


def test_a_result_that_is_too_large_fails(executor, tmp_path):
    async def story(desk: Desk) -> None:
        job = await ended(desk, await desk.accept(WANTED, ["large 3000"]))
        assert "SWATH_JOBS_RESULT_MB" in job.message
        with pytest.raises(LimitExceeded, match="SWATH_JOBS_RESULT_MB"):
            await desk.accept(WANTED, ["x" * 3000])

    at_desk(tmp_path, story, jobs_result_mb=0.002)


def test_a_mistake_ends_its_job_and_no_other(executor, tmp_path, monkeypatch):
    async def story(desk: Desk) -> None:
        def wrong(job: Job) -> None:
            raise ValueError(job.id)

        with monkeypatch.context() as patch:
            patch.setattr(desk, "_work_of", wrong)
            job = await ended(desk, await desk.accept(WANTED, ["a"]))
        assert job.state is State.FAILED
        assert "log" in job.message
        assert (await ended(desk, await desk.accept(WANTED, ["a"]))).state is State.SUCCESSFUL

    at_desk(tmp_path, story)


def test_no_more_jobs_wait_than_may(executor, tmp_path):
    async def story(desk: Desk) -> None:
        await desk.accept(WANTED, ["sleep 60"])
        await until(lambda: executor.begun, 10)
        await desk.accept(WANTED, ["a"])
        with pytest.raises(Overloaded, match="SWATH_JOBS_WAITING_MAX"):
            await desk.accept(WANTED, ["a"])

    at_desk(tmp_path, story, jobs_waiting_max=1)


def test_no_more_jobs_are_kept_than_may(executor, tmp_path):
    async def story(desk: Desk) -> None:
        first = await ended(desk, await desk.accept(WANTED, ["a"]))
        await desk.accept(WANTED, ["sleep 60"])
        assert await desk.job(first.id) is None
        with pytest.raises(Overloaded, match="SWATH_JOBS_KEPT_MAX"):
            await desk.accept(WANTED, ["a"])

    at_desk(tmp_path, story, jobs_kept_max=1)


def test_a_job_is_refused_where_nobody_could_do_it(executor, tmp_path):
    async def story(desk: Desk) -> None:
        executor.refuses = True
        with pytest.raises(Overloaded, match="scheduler"):
            await desk.accept(WANTED, ["a"])
        assert await desk.jobs("", 10) == []

    at_desk(tmp_path, story)


def test_what_a_server_that_ends_has_not_finished_the_next_one_does(executor, tmp_path):
    """What was done before is not done again."""

    async def begin(desk: Desk) -> None:
        await desk.accept(WANTED, [*"abcdefgh", "sleep 0.5"])
        await until(lambda: len(executor.begun) == 9, 10)
        while (await desk.jobs("", 1))[0].done < 8:
            pass

    async def go_on(desk: Desk) -> None:
        job = await ended(desk, (await desk.jobs("", 1))[0])
        assert (job.state, job.done) == (State.SUCCESSFUL, 9)
        assert None not in await bodies(desk, job)

    at_desk(tmp_path, begin)
    assert executor.cancelled == ["sleep 0.5"]
    executor.begun.clear()
    at_desk(tmp_path, go_on)
    assert executor.begun == ["sleep 0.5"]


def test_desks_of_one_folder_share_the_jobs(executor, tmp_path):
    """One job at a time, of all desks together."""

    async def story(desk: Desk) -> None:
        other = Desk(Books(tmp_path / "jobs.sqlite", "SWATH_JOBS_DIR"), Settings(), lambda job: None)
        try:
            jobs = [await desk.accept(WANTED, [f"sleep 0.{number}1"]) for number in range(3)]
            for job in jobs:
                assert (await ended(other, job)).state is State.SUCCESSFUL
        finally:
            await other.aclose()
        spans = sorted((job.started, job.finished) for job in await desk.jobs("", 10))
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))

    at_desk(tmp_path, story)
