"""What ends where a cut was set, and what goes on; and the allowance, which is cut at its deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import pytest

from app.errors import DeadlineExceeded
from app.limits.cut import Cut
from app.net.budget import current_budget
from app.pipeline.allowance import Cost, allowance
from app.settings import Settings

RT: Any = SimpleNamespace(settings=Settings(tile_deadline_s=0.05, crop_deadline_s=30))


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 3))


async def cut_after(cut: Cut, seconds: float) -> bool:
    """Sleep until it is cut; whether that ended here."""
    asyncio.get_running_loop().call_later(seconds, cut.make)
    try:
        await asyncio.sleep(5)
    except asyncio.CancelledError as error:
        return cut.ends(type(error))
    return False


def test_a_cut_ends_where_it_was_set() -> None:
    async def story() -> None:
        assert await cut_after(Cut(), 0)
        await asyncio.sleep(0)  # the task goes on

    run(story())


def test_a_cancellation_from_elsewhere_is_no_cut() -> None:
    async def story() -> None:
        task = asyncio.create_task(cut_after(Cut(), 4))
        await asyncio.sleep(0)
        task.cancel()
        assert not await task

    run(story())


def test_of_two_cuts_at_once_the_outer_one_ends_it() -> None:
    async def story() -> None:
        outer, inner = Cut(), Cut()
        asyncio.get_running_loop().call_later(0, outer.make)
        assert not await cut_after(inner, 0)
        assert outer.ends(asyncio.CancelledError)

    run(story())


def test_what_is_late_is_told_with_its_setting_and_remedy() -> None:
    async def story() -> None:
        with pytest.raises(DeadlineExceeded, match=r"after 0.05 s .SWATH_TILE_DEADLINE_S.. Ask for less.$"):
            async with allowance(RT, Cost.TILE, "Ask for less."):
                await asyncio.sleep(5)
        assert current_budget() is None
        await asyncio.sleep(0)

    run(story())


def test_a_timeout_inside_is_late_too() -> None:
    async def story() -> None:
        with pytest.raises(DeadlineExceeded):
            async with allowance(RT, Cost.CROP):
                raise TimeoutError

    run(story())


def test_within_an_allowance_that_one_goes_on_to_count() -> None:
    async def story() -> None:
        async with allowance(RT, Cost.CROP):
            outer = current_budget()
            async with allowance(RT, Cost.TILE):
                assert current_budget() is outer
                await asyncio.sleep(0.1)  # longer than a tile may take
            assert outer is not None
            outer.check()
        with pytest.raises(DeadlineExceeded):  # it has ended
            outer.check()

    run(story())


def test_a_caller_who_leaves_is_not_late() -> None:
    async def story() -> None:
        async def work() -> None:
            async with allowance(RT, Cost.CROP):
                await asyncio.sleep(5)

        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(story())
