"""Equal calls at the same moment are made once."""

from __future__ import annotations

import asyncio

import pytest

from app.cache.flight import Collapse
from app.errors import DeadlineExceeded, UpstreamFailed


class Call:
    """Counts how often it is made, and waits until it is let go."""

    def __init__(self, *failures: BaseException) -> None:
        self.made = 0
        self.go = asyncio.Event()
        self._failures = list(failures)

    async def __call__(self) -> str:
        self.made += 1
        await self.go.wait()
        await asyncio.sleep(0.01)
        if self._failures:
            raise self._failures.pop(0)
        return "picture"


async def callers(collapse: Collapse[str, str], call: Call, count: int) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(collapse.run("name", call)) for _ in range(count)]
    await asyncio.sleep(0.01)
    return tasks


def test_thirty_equal_calls_are_one():
    async def story() -> None:
        collapse, call = Collapse[str, str](), Call()
        tasks = await callers(collapse, call, 30)
        call.go.set()
        assert await asyncio.gather(*tasks) == ["picture"] * 30
        assert call.made == 1
        assert await collapse.run("name", call) == "picture"  # nothing is kept
        assert call.made == 2

    asyncio.run(story())


def test_a_failure_is_everybodys():
    async def story() -> None:
        collapse, call = Collapse[str, str](), Call(UpstreamFailed("broken"))
        tasks = await callers(collapse, call, 3)
        call.go.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in found] == [UpstreamFailed] * 3
        assert call.made == 1

    asyncio.run(story())


@pytest.mark.parametrize("failure", [DeadlineExceeded("late"), None])
def test_who_has_no_time_or_leaves_hands_the_call_on(failure):
    async def story() -> None:
        collapse, call = Collapse[str, str](), Call(*([failure] if failure else []))
        first, *others = await callers(collapse, call, 5)
        if failure is None:
            first.cancel()
            await asyncio.sleep(0.01)
        call.go.set()
        found = await asyncio.gather(first, *others, return_exceptions=True)
        assert isinstance(found[0], DeadlineExceeded if failure else asyncio.CancelledError)
        assert found[1:] == ["picture"] * 4
        assert call.made == 2

    asyncio.run(story())


def test_a_follower_who_leaves_disturbs_nobody():
    async def story() -> None:
        collapse, call = Collapse[str, str](), Call()
        first, second, third = await callers(collapse, call, 3)
        second.cancel()
        await asyncio.sleep(0.01)
        call.go.set()
        assert await asyncio.gather(first, third) == ["picture"] * 2
        assert call.made == 1

    asyncio.run(story())
