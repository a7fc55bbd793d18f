"""The allowance of a request: bytes and time, with the setting that moves them in the message."""

from __future__ import annotations

import threading

import pytest

from app.errors import DeadlineExceeded, LimitExceeded
from app.net.budget import MIB, Budget, current_budget, spending


def budget(megabytes: float = 1, seconds: float = 60) -> Budget:
    return Budget(megabytes=megabytes, seconds=seconds, kind="CROP")


def test_spending_more_than_allowed_names_the_limit_and_its_setting() -> None:
    allowance = budget(megabytes=2)
    allowance.charge(2 * MIB)
    with pytest.raises(LimitExceeded, match=r"2 MiB.*SWATH_CROP_BYTES_MB"):
        allowance.charge(1)


def test_a_read_that_cannot_be_paid_is_refused_before_it_is_made() -> None:
    allowance = budget()
    with pytest.raises(LimitExceeded):
        allowance.check(MIB + 1)
    assert allowance.bytes_left == MIB


def test_a_passed_deadline_names_its_setting() -> None:
    with pytest.raises(DeadlineExceeded, match="SWATH_CROP_DEADLINE_S"):
        budget(seconds=-1).check()
    assert budget(seconds=-1).remaining_s() == 0


def test_a_stopped_budget_refuses_the_next_read() -> None:
    allowance = budget()
    allowance.stop()
    with pytest.raises(DeadlineExceeded):
        allowance.check()


def test_the_current_budget_ends_with_its_block_and_may_be_suspended() -> None:
    allowance = budget()
    assert current_budget() is None
    with spending(allowance):
        assert current_budget() is allowance
        with spending(None):
            assert current_budget() is None
        assert current_budget() is allowance
    assert current_budget() is None


def test_charges_from_many_threads_add_up() -> None:
    allowance = budget(megabytes=1)
    threads = [threading.Thread(target=lambda: [allowance.charge(1) for _ in range(5000)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert allowance.bytes_left == MIB - 40_000
