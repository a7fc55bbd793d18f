"""Who is next? Those who wait for a place: the first come, or, where that makes all of them late, the last.

A line is kept short: who would wait long behind many others is refused at once, and can ask elsewhere or again. Where
it grows long nevertheless, because what it waits for takes longer than before, the oldest request is the least useful
one: the map has been moved on, the browser has given up. Then the newest comes first.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from app.errors import Overloaded
from app.observe.metrics import shed
from app.observe.record import Record, current_record, step

Guest = TypeVar("Guest")

FEW = 10
"""Others who are no crowd: a notebook has about ten requests under way. Each may wait with several calls, one for each
asset: requests are counted."""
COMFORT_S = 0.8
"""Behind more than a few others nobody waits longer than this, and nobody at all in a crowd."""
CROWD_S = 5.0
"""So long after a refusal there is a crowd: the few who wait are not a notebook, but those who came first of many."""
LONG_S = 3.0
"""When the first in the line has waited so long, it does not move fast enough for all."""

RETRY_AFTER_MAX_S = 3
"""Of a crowd nobody is asked back sooner: refusing the same ones again takes from what is drawn."""


@dataclass(slots=True)
class _Place(Generic[Guest]):
    guest: Guest
    turn: asyncio.Future[None]
    request: Record | None = field(default_factory=current_record)
    since: float = field(default_factory=time.monotonic)


class Line(Generic[Guest]):
    """A line of calls, which requests make; used from one event loop only.

    Args:
        claim: Takes what a guest waits for, if it is free, and tells whether it was.
        give_back: Frees what was claimed for a guest who has left.
        wait_max_s: Longest wait.
    """

    def __init__(self, claim: Callable[[Guest], bool], give_back: Callable[[Guest], None], wait_max_s: float) -> None:
        self._claim = claim
        self._give_back = give_back
        self._wait_max_s = wait_max_s
        self._places: deque[_Place[Guest]] = deque()
        self._calls: Counter[Record | None] = Counter()
        """That each request waits with."""
        self._crowd_until = 0.0

    @property
    def length(self) -> int:
        """Calls that wait."""
        return self._calls.total()

    def refuse_long(self, expected_s: float) -> None:
        """Refuse at once who would wait too long.

        Raises:
            Overloaded: ``expected_s`` is longer than anybody should wait.
        """
        if expected_s > (min(COMFORT_S, self._wait_max_s) if self._is_crowd() else self._wait_max_s):
            raise self._overloaded(expected_s)

    async def wait(self, guest: Guest) -> None:
        """Return when the claim of this guest is granted.

        Raises:
            Overloaded: It took too long.
        """
        place = _Place(guest, asyncio.get_running_loop().create_future())
        self._places.append(place)
        self._calls[place.request] += 1
        try:
            with step("queue"):
                async with asyncio.timeout(self._wait_max_s):
                    await place.turn
        except TimeoutError:
            if _is_called(place):  # at the same moment
                return
            raise self._overloaded(self._wait_max_s) from None
        except asyncio.CancelledError:
            if _is_called(place):
                self._give_back(guest)
            raise
        finally:
            self._forget_call(place.request)

    def call(self) -> None:
        """Call all whose claim can be granted now."""
        while (place := self._next()) is not None:
            place.turn.set_result(None)

    def _next(self) -> _Place[Guest] | None:
        """Take the next one out of the line whose claim is granted."""
        while self._places and self._places[0].turn.done():
            self._places.popleft()
        if not self._places:
            return None
        is_slow = time.monotonic() - self._places[0].since > LONG_S
        order = range(len(self._places))
        for number in reversed(order) if is_slow else order:
            place = self._places[number]
            if not place.turn.done() and self._claim(place.guest):
                del self._places[number]
                return place
        return None

    def _forget_call(self, request: Record | None) -> None:
        self._calls[request] -= 1
        if not self._calls[request]:
            del self._calls[request]

    def _others(self) -> int:
        """Requests that wait, without the one that asks."""
        return len(self._calls) - (current_record() in self._calls)

    def _is_crowd(self) -> bool:
        return self._others() >= FEW or time.monotonic() < self._crowd_until

    def _overloaded(self, waited_s: float) -> Overloaded:
        shed("queue")
        retry_after_s = RETRY_AFTER_MAX_S if self._is_crowd() else min(RETRY_AFTER_MAX_S, max(1, math.ceil(waited_s)))
        self._crowd_until = time.monotonic() + CROWD_S
        return Overloaded(
            f"So much is asked of this server that the answer would wait {waited_s:.1f} s, behind {self._others()} "
            "other requests (SWATH_QUEUE_MAX_S); try again in a moment.",
            retry_after_s=retry_after_s,
        )


def _is_called(place: _Place[Guest]) -> bool:
    return place.turn.done() and not place.turn.cancelled()
