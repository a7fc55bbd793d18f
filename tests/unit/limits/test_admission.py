"""Who may read now?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.errors import Overloaded
from app.limits.admission import Admission

SLOW, OTHER = ("slow.example",), ("other.example",)


def run(story: Callable[[Admission], Awaitable[None]], places: int = 4, wait_max_s: float = 10) -> None:
    asyncio.run(story(Admission(places, wait_max_s)))


class Guest:
    """Holds a place until he is let go."""

    def __init__(self, admission: Admission, hosts: tuple[str, ...]) -> None:
        self.inside = False
        self._leave = asyncio.Event()
        self.task = asyncio.create_task(self._visit(admission, hosts))

    async def _visit(self, admission: Admission, hosts: tuple[str, ...]) -> None:
        async with admission.place(hosts):
            self.inside = True
            await self._leave.wait()
        self.inside = False

    async def go(self) -> None:
        self._leave.set()
        await self.task


async def guests(admission: Admission, *hosts: tuple[str, ...]) -> list[Guest]:
    come = [Guest(admission, each) for each in hosts]
    await asyncio.sleep(0.01)
    return come


def test_there_are_so_many_places():
    async def story(admission: Admission) -> None:
        come = await guests(admission, *[()] * 6)
        assert [guest.inside for guest in come] == [True] * 4 + [False] * 2
        assert (admission.taken, admission.waiting) == (4, 2)
        await come[0].go()
        await asyncio.sleep(0)
        assert come[4].inside
        assert not come[5].inside
        for guest in come[1:]:
            await guest.go()
        assert (admission.taken, admission.waiting) == (0, 0)

    run(story)


def test_a_host_gets_half_of_them_and_others_pass_its_line():
    async def story(admission: Admission) -> None:
        slow = await guests(admission, SLOW, SLOW, SLOW, SLOW)
        assert [guest.inside for guest in slow] == [True, True, False, False]
        others = await guests(admission, OTHER, ())
        assert [guest.inside for guest in others] == [True, True]
        await others[0].go()
        await asyncio.sleep(0.01)
        assert not slow[2].inside
        await slow[0].go()
        await asyncio.sleep(0.01)
        assert slow[2].inside
        for guest in (*slow[1:], others[1]):
            await guest.go()

    run(story)


def test_a_request_of_two_hosts_counts_for_both():
    async def story(admission: Admission) -> None:
        both = await guests(admission, SLOW + OTHER, SLOW + OTHER)
        late = await guests(admission, OTHER)
        assert not late[0].inside
        for guest in (*both, *late):
            await guest.go()
        assert not admission._taken_by_host  # strangers' names are not kept

    run(story)


def test_nobody_waits_longer_than_allowed():
    async def story(admission: Admission) -> None:
        held = await guests(admission, (), ())
        with pytest.raises(Overloaded, match="SWATH_QUEUE_MAX_S"):
            async with admission.place(()):
                pass
        for guest in held:
            await guest.go()
        async with admission.place(()):
            pass

    run(story, places=2, wait_max_s=0.05)


def test_a_guest_who_leaves_the_line_takes_no_place():
    async def story(admission: Admission) -> None:
        held = await guests(admission, (), ())
        line = await guests(admission, (), ())
        line[0].task.cancel()
        await held[0].go()
        await asyncio.sleep(0.01)
        assert line[1].inside
        await held[1].go()
        await line[1].go()
        assert (admission.taken, admission.waiting) == (0, 0)

    run(story, places=2)


def test_closed_doors_say_why():
    async def story(admission: Admission) -> None:
        admission.closed = "There is no memory left for another picture."
        with pytest.raises(Overloaded, match="no memory left"):
            async with admission.place(()):
                pass

    run(story)
