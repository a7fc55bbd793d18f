"""When is a failed request to a source made a second time?"""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from app.errors import Overloaded, SwathError, UpstreamFailed
from app.net import retry
from app.net.clock import Clock
from app.net.retry import Retries

AGES = Clock(math.inf)


@pytest.fixture(autouse=True)
def without_jitter(monkeypatch):
    monkeypatch.setattr(retry, "JITTER_S", (0.0, 0.001))


def failure(pause_s: float | None = 0.0, kind: type[SwathError] = UpstreamFailed) -> SwathError:
    error = kind("it failed")
    error.pause_s = pause_s
    return error


def attempts(failures: list[SwathError], *, retries: Retries | None = None, clock: Clock = AGES) -> int:
    """How many were made of a call that fails so often; -1 when it failed in the end."""
    made = 0

    async def attempt() -> None:
        nonlocal made
        made += 1
        if made <= len(failures):
            raise failures[made - 1]

    async def run() -> None:
        await (retries or Retries()).run("a.example:80", attempt, clock)

    try:
        asyncio.run(run())
    except SwathError:
        return -made
    return made


def test_a_passing_failure_is_healed_by_a_second_try():
    assert attempts([failure()]) == 2
    assert attempts([failure(kind=Overloaded)]) == 2


def test_there_is_no_third_try():
    assert attempts([failure(), failure(), failure()]) == -2


def test_what_will_not_pass_is_not_tried_again():
    assert attempts([failure(None)]) == -1


def test_a_host_that_asks_for_a_long_pause_gets_it():
    assert attempts([failure(retry.PAUSE_MAX_S + 1)]) == -1


def test_a_short_pause_is_kept():
    start = time.monotonic()
    assert attempts([failure(0.2)]) == 2
    assert time.monotonic() - start >= 0.2


def test_there_is_no_second_try_behind_the_deadline():
    assert attempts([failure(0.5)], clock=Clock(time.monotonic() + 0.4)) == -1


def test_second_tries_are_a_tenth_of_all_requests_in_the_long_run():
    retries = Retries()
    tried = sum(attempts([failure(), failure()], retries=retries) == -2 for _ in range(500))
    assert 50 <= tried <= 50 + retry.SAVED_MAX
