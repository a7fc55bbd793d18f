"""Token buckets, by a clock of the tests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from app.access.keys import ApiKey
from app.access.rates import Rates, Tab, charge, open_tab
from app.errors import RateExceeded
from app.settings import Settings


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def spend(tab: Tab, units: float) -> None:
    tab.enter()
    tab.charge(units)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_without_the_setting_there_is_no_limit_and_charging_is_free():
    assert Rates.from_settings(Settings()) is None
    charge(1e9)


def test_a_burst_then_nothing_then_again_when_it_has_come_back(clock):
    """60 a minute, 5 at once: the sixth waits a second."""
    rates = Rates(60, 5, clock=clock)
    for _ in range(5):
        spend(rates.tab(None, "a"), 1)
    with pytest.raises(RateExceeded, match="SWATH_RATE_LIMIT, SWATH_RATE_BURST") as told:
        rates.tab(None, "a").enter()
    assert told.value.retry_after_s == 1
    clock.now += 1
    spend(rates.tab(None, "a"), 1)
    with pytest.raises(RateExceeded):
        rates.tab(None, "a").enter()


def test_what_is_not_charged_costs_a_tenth(clock):
    rates = Rates(60, 1, clock=clock)
    for _ in range(10):
        rates.tab(None, "a").enter()
    with pytest.raises(RateExceeded):
        rates.tab(None, "a").enter()


def test_a_refused_charge_keeps_the_deposit_only(clock):
    rates = Rates(60, 12, clock=clock)
    spend(rates.tab(None, "a"), 6)
    tab = rates.tab(None, "a")
    tab.enter()
    with pytest.raises(RateExceeded, match=r"and 5\.9 are left of 12, which come back at 60 a minute") as told:
        tab.charge(12)
    assert told.value.retry_after_s == 7
    clock.now += 7
    spend(rates.tab(None, "a"), 12)


def test_charges_of_one_request_add_up_to_their_sum(clock):
    rates = Rates(60, 10, clock=clock)
    spend(rates.tab(None, "a"), 1)
    tab = rates.tab(None, "a")
    tab.enter()
    for units in (0.05, 3, 3.95):
        tab.charge(units)
    assert tab.headers["RateLimit"].startswith('"units";r=2;')
    with pytest.raises(RateExceeded):
        tab.charge(2.1)


def test_what_costs_more_than_the_burst_waits_for_a_full_bucket_and_then_owes(clock):
    """192 units of a burst of 60, at one a second: at once when nothing was used, and 132 s of debt."""
    rates = Rates(60, 60, clock=clock)
    spend(rates.tab(None, "a"), 192)
    with pytest.raises(RateExceeded) as told:
        rates.tab(None, "a").enter()
    assert told.value.retry_after_s == 133
    clock.now += 133
    with pytest.raises(RateExceeded):
        spend(rates.tab(None, "a"), 192)


def test_callers_do_not_pay_for_each_other(clock):
    rates = Rates(60, 1, clock=clock)
    key = ApiKey(id="a", digest=b"")
    for tab in (rates.tab(None, "a"), rates.tab(None, "b"), rates.tab(key, "a")):
        spend(tab, 1)
    with pytest.raises(RateExceeded):
        rates.tab(key, "another address").enter()


def test_a_key_may_have_a_rate_of_its_own_and_as_many_minutes_of_it(clock):
    rates = Rates(60, 30, clock=clock)
    tab = rates.tab(ApiKey(id="a", digest=b"", units_per_minute=600), "")
    assert tab.headers["RateLimit-Policy"] == '"units";q=300;w=30'
    assert rates.tab(None, "b").headers["RateLimit-Policy"] == '"units";q=30;w=30'


def test_each_worker_has_its_share(clock):
    rates = Rates.from_settings(Settings(rate_limit=600, rate_burst=100, workers=4))
    assert rates is not None
    assert rates.tab(None, "a").headers == {"RateLimit": '"units";r=25', "RateLimit-Policy": '"units";q=25;w=10'}
    alone = Rates.from_settings(Settings(rate_limit=600))
    assert alone is not None
    assert alone.tab(None, "a").headers["RateLimit-Policy"] == '"units";q=600;w=60'


def test_headers_tell_what_is_left_and_when_there_is_one_more(clock):
    """6 a minute is one in ten seconds."""
    rates = Rates(6, 3, clock=clock)
    tab = rates.tab(None, "a")
    spend(tab, 1.5)
    assert tab.headers["RateLimit"] == '"units";r=1;t=5'
    clock.now += 5
    assert tab.headers["RateLimit"] == '"units";r=2;t=10'
    clock.now += 10
    assert tab.headers["RateLimit"] == '"units";r=3'
    spend(rates.tab(None, "a"), 5)
    assert tab.headers["RateLimit"] == '"units";r=0;t=30'


def test_memory_is_bounded_and_the_one_unused_for_longest_is_dropped(clock):
    rates = Rates(60, 1, clock=clock, callers_max=2)
    for name in ("a", "b"):
        spend(rates.tab(None, name), 1)
    with pytest.raises(RateExceeded):
        rates.tab(None, "a").enter()
    spend(rates.tab(None, "c"), 1)
    assert len(rates._buckets) == 2
    with pytest.raises(RateExceeded):
        rates.tab(None, "a").enter()
    spend(rates.tab(None, "b"), 1)


def test_a_charge_goes_to_the_tab_of_its_request(clock):
    rates = Rates(60, 10, clock=clock)

    async def request(name: str) -> str:
        tab = rates.tab(None, name)
        open_tab(tab)
        await asyncio.sleep(0)
        charge(3 if name == "a" else 7)
        return tab.headers["RateLimit"][:11]

    async def both() -> list[str]:
        return await asyncio.gather(request("a"), request("b"))

    assert asyncio.run(both()) == ['"units";r=7', '"units";r=3']
