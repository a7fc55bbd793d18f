"""The process pool: everything is done once, whatever becomes of its processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from app.errors import Overloaded
from app.execute import Outcome, spread
from app.execute.pool import ProcessPool
from app.settings import Settings
from tests.working import Errand

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    running = asyncio.new_event_loop()
    yield running
    running.close()


@pytest.fixture(scope="module")
def pool(loop: asyncio.AbstractEventLoop) -> Iterator[ProcessPool]:
    """Two processes for all tests: they are healed."""
    made = ProcessPool(2)
    yield made
    loop.run_until_complete(made.aclose())


async def done(pool: ProcessPool, folder: Path, texts: list[str], settings: Settings | None = None) -> list[Outcome]:
    outcomes = spread(pool, Errand(folder=folder), list(enumerate(texts)), settings or Settings())
    return sorted([outcome async for outcome in outcomes], key=lambda outcome: outcome.number)


def test_each_text_gives_one_outcome(loop, pool, tmp_path):
    texts = [f"echo {number}" for number in range(100)]
    found = loop.run_until_complete(done(pool, tmp_path, texts))
    assert [outcome.body for outcome in found] == texts
    assert [outcome.number for outcome in found] == list(range(100))


def test_nothing_to_do_is_done_at_once(loop, pool, tmp_path):
    assert loop.run_until_complete(done(pool, tmp_path, [])) == []


def test_both_processes_are_used(loop, pool, tmp_path):
    loop.run_until_complete(done(pool, tmp_path, [f"note {number}" for number in range(40)]))
    assert len({path.suffix for path in tmp_path.iterdir()}) == 2


def test_a_mistake_costs_one_text_only(loop, pool, tmp_path):
    found = loop.run_until_complete(done(pool, tmp_path, ["echo a", "fail", "echo b"]))
    assert [outcome.body for outcome in found] == ["echo a", None, "echo b"]
    assert "mistake" in found[1].failure


def test_a_text_that_ends_every_process_is_given_up_and_takes_no_other_along(loop, pool, tmp_path):
    """It is one of a parcel of eight, of which the others are done again."""
    texts = [f"echo {number}" for number in range(70)]
    texts[40] = "kill"
    before = set(pool.pids)
    found = loop.run_until_complete(done(pool, tmp_path, texts))
    assert [outcome.body for outcome in found] == [*texts[:40], None, *texts[41:]]
    assert "3 workers" in found[40].failure
    assert before != set(pool.pids)


@pytest.mark.parametrize(("kills", "met"), [(1, contextlib.nullcontext()), (99, pytest.raises(Overloaded))])
def test_a_process_that_is_killed_while_it_starts_is_started_once_more(loop, tmp_path, kills, met):
    """The signal comes at once, and Python needs a while before it says that it is ready."""
    pool = ProcessPool(1)

    async def story() -> None:
        work = asyncio.create_task(done(pool, tmp_path, ["echo a"]))
        seen: set[int] = set()
        while len(seen) < kills and not work.done():
            for pid in set(pool.pids) - seen:
                os.kill(pid, signal.SIGKILL)
                seen.add(pid)
            await asyncio.sleep(0)
        assert [outcome.body for outcome in await work] == ["echo a"]
        assert not seen & set(pool.pids)

    try:
        with met:
            loop.run_until_complete(story())
    finally:
        loop.run_until_complete(pool.aclose())


def test_closing_the_map_ends_the_work(loop, pool, tmp_path):
    """The first outcome is enough: processes that sleep for a minute are gone, and the pool is as good as new."""

    async def story() -> float:
        start = time.monotonic()
        texts = list(enumerate(["echo a", "echo b", *["sleep 60"] * 14]))
        async with aclosing(spread(pool, Errand(folder=tmp_path), texts, Settings())) as outcomes:
            async for outcome in outcomes:
                assert outcome.body in ("echo a", "echo b")
                break
        spent = time.monotonic() - start
        assert [outcome.body for outcome in await done(pool, tmp_path, ["echo b"])] == ["echo b"]
        return spent

    assert loop.run_until_complete(story()) < 20


def test_workers_have_the_guards_of_the_server_and_none_of_its_secrets(loop, pool, tmp_path):
    settings = Settings(signing_keys="0123456789abcdef", allow_hosts="data.lan", crop_deadline_s=7)
    texts = ["setting signing_keys", "setting allow_hosts", "setting crop_deadline_s"]
    found = loop.run_until_complete(done(pool, tmp_path, texts, settings))
    assert [outcome.body for outcome in found] == ["()", "('data.lan',)", "7.0"]


SCRIPT = """
import asyncio, sys
from pathlib import Path
from app.execute import spread
from app.execute.pool import ProcessPool
from app.settings import Settings
from tests.working import Errand

async def main():
    texts = list(enumerate(["note a", "sleep 100"]))
    async for _ in spread(ProcessPool(1), Errand(folder=Path(sys.argv[1])), texts, Settings()):
        pass

asyncio.run(main())
"""


def test_processes_end_with_a_parent_that_is_killed(tmp_path):
    """They would sleep for 100 s."""
    parent = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=ROOT)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    pids = {int(path.suffix[1:]) for path in tmp_path.iterdir()}
    assert pids
    assert all(is_alive(pid) for pid in pids)
    parent.kill()
    parent.wait()
    while any(is_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(is_alive(pid) for pid in pids)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] != "Z"
