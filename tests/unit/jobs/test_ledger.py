"""Jobs in a file that several processes share: nothing is lost, nothing is done by two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.execute import Outcome
from app.jobs import ledger as module
from app.jobs.job import State, Wanted
from app.jobs.ledger import Gone, Ledger

WANTED = Wanted(process="timeseries", inputs="{}")


class Clock:
    now = 1_000_000.0

    def time(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "jobs.sqlite")
    yield opened
    opened.close()


def kept(*numbers: int) -> list[Outcome]:
    return [Outcome(number=number, body=f"row {number}") for number in numbers]


def test_a_job_goes_from_accepted_to_successful(ledger):
    job = ledger.add(WANTED, ["a", "b"])
    assert (job.state, job.total, job.done, job.progress) == (State.ACCEPTED, 2, 0, 0)
    assert ledger.claim("one", 1).id == job.id
    assert ledger.open_scenes(job.id) == [(0, "a"), (1, "b")]
    assert ledger.keep(job.id, kept(1)).progress == 50
    assert ledger.open_scenes(job.id) == [(0, "a")]
    ledger.keep(job.id, [Outcome(number=0, failure="lost")])
    assert ledger.end(job.id, State.SUCCESSFUL)
    assert ledger.outcomes(job.id) == [("a", Outcome(number=0, failure="lost")), ("b", *kept(1))]
    assert ledger.job(job.id).state is State.SUCCESSFUL


def test_what_a_scene_gave_is_counted_once(ledger):
    """A parcel that was thought to be lost may come back twice."""
    job = ledger.add(WANTED, ["a", "b"])
    ledger.keep(job.id, kept(0))
    again = ledger.keep(job.id, [Outcome(number=0, body="other")])
    assert again.done == 1
    assert ledger.outcomes(job.id)[0][1].body == "row 0"


def test_a_job_is_given_to_one_runner_of_all_processes(ledger, tmp_path):
    ledger.add(WANTED, ["a"])
    other = Ledger(tmp_path / "jobs.sqlite")
    assert ledger.claim("one", 2) is not None
    assert other.claim("two", 2) is None
    other.close()


def test_no_more_run_at_once_than_are_allowed(ledger):
    first, second = ledger.add(WANTED, ["a"]), ledger.add(WANTED, ["a"])
    assert ledger.claim("one", 1).id == first.id
    assert ledger.claim("two", 1) is None
    ledger.end(first.id, State.SUCCESSFUL)
    assert ledger.claim("two", 1).id == second.id


def test_a_job_whose_runner_is_gone_is_taken_up_where_it_stands(ledger, clock):
    job = ledger.add(WANTED, ["a", "b"])
    ledger.claim("one", 1)
    ledger.keep(job.id, kept(0))
    clock.now += module.SILENT_S - 1
    assert ledger.hear(job.id, "one")
    clock.now += module.SILENT_S - 1
    assert ledger.claim("two", 1) is None
    clock.now += 2
    assert ledger.claim("two", 1).id == job.id
    assert not ledger.hear(job.id, "one"), "who was frozen learns that it is no longer his"
    assert ledger.open_scenes(job.id) == [(1, "b")]


def test_a_job_that_costs_too_many_runners_fails(ledger, clock):
    job = ledger.add(WANTED, ["a"])
    for _ in range(module.ATTEMPTS_MAX):
        assert ledger.claim("one", 1) is not None
        clock.now += module.SILENT_S + 1
    assert ledger.claim("one", 1) is None
    failed = ledger.job(job.id)
    assert failed.state is State.FAILED
    assert "3 times" in failed.message


def test_a_job_that_is_given_back_has_not_cost_an_attempt(ledger):
    job = ledger.add(WANTED, ["a"])
    for _ in range(module.ATTEMPTS_MAX + 1):
        assert ledger.claim("one", 1).id == job.id
        ledger.give_back(job.id, "one")
    assert ledger.job(job.id).state is State.ACCEPTED


def test_a_dismissed_job_is_nobodys_and_has_no_rows(ledger):
    job = ledger.add(WANTED, ["a"])
    ledger.claim("one", 1)
    ledger.keep(job.id, kept(0))
    assert ledger.end(job.id, State.DISMISSED)
    assert not ledger.end(job.id, State.SUCCESSFUL)
    assert not ledger.hear(job.id, "one")
    assert ledger.outcomes(job.id) == []


def test_who_keeps_a_job_that_is_gone_is_told(ledger):
    job = ledger.add(WANTED, ["a"])
    ledger.end(job.id, State.DISMISSED)
    ledger.forget(job.id)
    with pytest.raises(Gone):
        ledger.keep(job.id, kept(0))


def test_jobs_are_listed_by_owner_the_newest_first(ledger):
    first = ledger.add(WANTED, ["a"])
    ledger.add(Wanted(process="timeseries", inputs="{}", owner="someone"), ["a"])
    last = ledger.add(WANTED, ["a"])
    assert [job.id for job in ledger.jobs("", 10)] == [last.id, first.id]
    assert [job.id for job in ledger.jobs("", 1, offset=1)] == [first.id]


def test_room_is_made_of_what_ended_longest_ago(ledger, clock):
    """By number, by bytes and by age; what has not ended stays."""
    jobs = [ledger.add(WANTED, ["x" * 100]) for _ in range(4)]
    for job in jobs[:3]:
        ledger.end(job.id, State.SUCCESSFUL)
    assert jobs[0].bytes == 102
    assert ledger.make_room(jobs_max=4, bytes_max=1e6, age_s=100)
    assert ledger.job(jobs[0].id) is None
    assert ledger.make_room(jobs_max=100, bytes_max=306, age_s=100, more_bytes=102)
    assert [ledger.job(job.id) is None for job in jobs] == [True, True, False, False]
    assert not ledger.make_room(jobs_max=1, bytes_max=1e6, age_s=100), "one that waits takes the last place"
    assert ledger.job(jobs[3].id) is not None
    ledger.end(jobs[3].id, State.FAILED)
    clock.now += 101
    assert ledger.make_room(jobs_max=4, bytes_max=1e6, age_s=100)
    assert ledger.jobs("", 10) == []


def test_the_file_is_for_its_owner_alone_and_survives(ledger, tmp_path):
    job = ledger.add(WANTED, ["a"])
    ledger.close()
    again = Ledger(tmp_path / "jobs.sqlite")
    assert again.job(job.id) == job
    again.close()
    assert (tmp_path / "jobs.sqlite").stat().st_mode & 0o077 == 0
