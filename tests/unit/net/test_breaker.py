"""When is a host left alone, and when is it tried again?"""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from app.errors import NotFound, Overloaded, UpstreamFailed
from app.net.breaker import ASKED_MIN, HOSTS_MAX, OPEN_S, WINDOW_S, Breaker, Breakers
from app.net.clock import Clock
from app.net.url import HttpUrl


class Time:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def now() -> Time:
    return Time()


@pytest.fixture
def breaker(now: Time) -> Breaker:
    return Breaker("example.com", now)


def ask(breaker: Breaker, *, failed: bool | None) -> None:
    breaker.leave(probe=breaker.enter(), failed=failed)


def opened(breaker: Breaker) -> Breaker:
    for _ in range(ASKED_MIN):
        ask(breaker, failed=True)
    assert breaker.is_open
    return breaker


def test_it_opens_when_half_of_twenty_failed(breaker):
    for number in range(ASKED_MIN):
        assert not breaker.is_open
        ask(breaker, failed=number % 2 == 1)
    assert breaker.is_open


def test_fewer_failures_than_half_leave_it_closed(breaker):
    for number in range(10 * ASKED_MIN):
        ask(breaker, failed=number % 10 in (0, 3, 6, 9))  # 4 of 10
    assert not breaker.is_open


def test_a_few_failures_tell_nothing(breaker):
    for _ in range(ASKED_MIN - 1):
        ask(breaker, failed=True)
    assert not breaker.is_open


def test_old_failures_are_forgotten(breaker, now):
    for _ in range(ASKED_MIN - 1):
        ask(breaker, failed=True)
    now.now += WINDOW_S
    ask(breaker, failed=True)
    assert not breaker.is_open


def test_open_means_503_with_the_time_that_is_left(breaker, now):
    opened(breaker)
    now.now += OPEN_S - 1.5
    with pytest.raises(Overloaded, match=r"example\.com failed too often") as caught:
        breaker.enter()
    assert caught.value.retry_after_s == 2
    assert caught.value.pause_s is None  # a second try of ours would meet the same


def test_after_a_while_one_request_tries_and_the_others_wait_for_its_verdict(breaker, now):
    opened(breaker)
    now.now += OPEN_S
    assert breaker.enter()
    with pytest.raises(Overloaded):
        breaker.enter()
    breaker.leave(probe=False, failed=False)  # one that was sent before it opened: no verdict
    assert breaker.is_open
    breaker.leave(probe=True, failed=False)
    assert not breaker.is_open
    ask(breaker, failed=False)


def test_a_try_that_fails_keeps_it_open(breaker, now):
    opened(breaker)
    now.now += OPEN_S
    ask(breaker, failed=True)
    with pytest.raises(Overloaded):
        breaker.enter()


def test_a_try_that_is_given_up_lets_another_one_try(breaker, now):
    opened(breaker)
    now.now += OPEN_S
    ask(breaker, failed=None)
    breaker.enter()


def test_requests_sent_before_it_opened_do_not_close_it(breaker):
    """Twenty were under way; the last one is answered well after the others had failed."""
    for _ in range(ASKED_MIN + 1):
        breaker.enter()
    for _ in range(ASKED_MIN):
        breaker.leave(probe=False, failed=True)
    breaker.leave(probe=False, failed=False)
    assert breaker.is_open


@pytest.mark.parametrize(
    ("error", "counts"),
    [(UpstreamFailed("x"), True), (Overloaded("x"), True), (NotFound("x"), False), (None, False)],
)
def test_what_counts_as_a_failure(breaker, error, counts):
    for _ in range(ASKED_MIN):
        try:
            with breaker.watching(Clock(math.inf)):
                if error:
                    raise error
        except type(error):
            pass
    assert breaker.is_open == counts


@pytest.mark.parametrize(("left_s", "counts"), [(-1.0, True), (60.0, False)])
def test_a_wait_cut_by_the_deadline_is_a_failure_and_one_cut_by_the_caller_is_not(breaker, left_s, counts):
    for _ in range(ASKED_MIN):
        with pytest.raises(asyncio.CancelledError), breaker.watching(Clock(time.monotonic() + left_s)):
            raise asyncio.CancelledError
    assert breaker.is_open == counts


def test_each_port_has_its_own_and_strangers_hosts_are_bounded():
    breakers = Breakers()
    first = breakers.of(HttpUrl.parse("http://a.example/x"))
    assert breakers.of(HttpUrl.parse("http://a.example/y?z")) is first
    assert breakers.of(HttpUrl.parse("http://a.example:81/x")) is not first
    opened(first)
    assert breakers.open_count == 1
    for number in range(HOSTS_MAX):
        breakers.of(HttpUrl.parse(f"http://h{number}.example/"))
    assert breakers.open_count == 0
