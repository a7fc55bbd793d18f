"""On whose record is what a request costs?"""

from __future__ import annotations

import asyncio

from app.cache.flight import SingleFlight
from app.observe.metrics import received
from app.observe.record import Record, recording, step


def test_what_several_requests_share_is_on_the_record_of_the_first():
    first, second = Record("first", "GET"), Record("second", "GET")

    async def run() -> None:
        flights: SingleFlight[str, int] = SingleFlight()

        async def load() -> int:
            await asyncio.sleep(0)
            received(1000)
            return 7

        async def ask(record: Record) -> int:
            with recording(record):
                return await flights.run("same", load)

        assert await asyncio.gather(ask(first), ask(second)) == [7, 7]

    asyncio.run(run())
    assert (first.upstream_bytes, second.upstream_bytes) == (1000, 0)


def test_a_step_that_is_gone_through_twice_has_the_sum_also_when_it_fails():
    record = Record("one", "GET")
    with recording(record):
        with step("read"):
            pass
        once = record.steps_ms["read"]
        try:
            with step("read"):
                raise ValueError  # noqa: TRY301 -- what is shown
        except ValueError:
            pass
    assert record.steps_ms["read"] > once
    assert list(record.steps_ms) == ["read"]


def test_the_first_problem_is_the_one_that_is_told():
    record, cause = Record("one", "GET"), ValueError("first")
    record.fail("upstream-failed", cause)
    record.fail("internal-error", ValueError("second"))
    assert (record.problem, record.error) == ("upstream-failed", cause)
