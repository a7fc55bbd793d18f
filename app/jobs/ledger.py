"""Jobs in a file: what is wanted, which scenes it takes, what each of them gave. Several processes share it.

A job that was begun belongs to a runner, who says every few seconds that he lives; when he no longer does, another one
takes it up where it stands, because what a scene gave is kept as it comes.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.execute import Outcome
from app.jobs.job import ENDED, Job, State, Wanted

BUSY_S = 10.0
"""How long a process waits for another that writes."""

SILENT_S = 15.0
"""A runner who has not been heard for so long is gone."""

ATTEMPTS_MAX = 3
"""A job that has cost so many runners is not begun again."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, process TEXT, inputs TEXT, owner TEXT, notes TEXT, total INTEGER, state TEXT,
    created REAL, started REAL, updated REAL, finished REAL,
    message TEXT DEFAULT '', done INTEGER DEFAULT 0, bytes INTEGER DEFAULT 0,
    runner TEXT, heard REAL, attempts INTEGER DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, created);
CREATE TABLE IF NOT EXISTS scenes (
    job TEXT REFERENCES jobs ON DELETE CASCADE, number INTEGER, text TEXT, body TEXT, failure TEXT,
    PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;
"""

_JOB = "id, process, inputs, owner, notes, total, state, created, started, updated, finished, message, done, bytes"


class Gone(Exception):
    """A job is no longer kept, or belongs to another runner."""


class Ledger:
    """The jobs in one file; used from one thread.

    Args:
        path: The file; made, with its folder, when it is not there.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)  # addresses may have secrets
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def add(self, wanted: Wanted, scenes: Sequence[str]) -> Job:
        """Accept a job."""
        name, now = str(uuid.uuid4()), time.time()
        size = len(wanted.inputs) + sum(map(len, scenes))
        with self._writing():
            self._db.execute(
                "INSERT INTO jobs (id, process, inputs, owner, notes, total, state, created, updated, bytes) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (name, wanted.process, wanted.inputs, wanted.owner, wanted.notes, len(scenes), State.ACCEPTED, now, now,
                 size),
            )  # fmt: skip
            rows = ((name, number, text) for number, text in enumerate(scenes))
            self._db.executemany("INSERT INTO scenes (job, number, text) VALUES (?, ?, ?)", rows)
        job = self.job(name)
        assert job is not None
        return job

    def job(self, name: str) -> Job | None:
        """Give a job by its id."""
        return next(self._jobs("WHERE id = ?", name), None)

    def jobs(self, owner: str, limit: int, *, offset: int = 0) -> list[Job]:
        """Give jobs of an owner, the newest first."""
        return list(self._jobs("WHERE owner = ? ORDER BY created DESC LIMIT ? OFFSET ?", owner, limit, offset))

    def waiting(self) -> int:
        """How many jobs wait for their turn."""
        return self._number("SELECT count(*) FROM jobs WHERE state = ?", State.ACCEPTED)

    def claim(self, runner: str, at_once: int) -> Job | None:
        """Give this runner the next job that nobody works on, unless enough are worked on."""
        now = time.time()
        with self._writing():
            self._give_up(now)
            running = self._number("SELECT count(*) FROM jobs WHERE state = ? AND heard >= ?", State.RUNNING,
                                   now - SILENT_S)  # fmt: skip
            if running >= at_once:
                return None
            found = next(
                self._jobs(
                    "WHERE state = ? OR (state = ? AND heard < ?) ORDER BY created LIMIT 1",
                    State.ACCEPTED, State.RUNNING, now - SILENT_S,
                ),
                None,
            )  # fmt: skip
            if found is None:
                return None
            self._db.execute(
                "UPDATE jobs SET state = ?, runner = ?, heard = ?, started = coalesce(started, ?), updated = ?, "
                "message = '', attempts = attempts + 1 WHERE id = ?",
                (State.RUNNING, runner, now, now, now, found.id),
            )
        return self.job(found.id)

    def hear(self, name: str, runner: str) -> bool:
        """Note that a runner lives; False when the job is no longer his."""
        sql = "UPDATE jobs SET heard = ? WHERE id = ? AND runner = ? AND state = ?"
        return self._db.execute(sql, (time.time(), name, runner, State.RUNNING)).rowcount > 0

    def give_back(self, name: str, runner: str) -> None:
        """Let another runner have a job that this one cannot finish; it does not count as an attempt."""
        self._db.execute(
            "UPDATE jobs SET state = ?, runner = NULL, attempts = attempts - 1 "
            "WHERE id = ? AND runner = ? AND state = ?",
            (State.ACCEPTED, name, runner, State.RUNNING),
        )

    def open_scenes(self, name: str) -> list[tuple[int, str]]:
        """Give number and text of the scenes that have given nothing yet."""
        sql = "SELECT number, text FROM scenes WHERE job = ? AND body IS NULL AND failure IS NULL ORDER BY number"
        return list(self._db.execute(sql, (name,)))

    def keep(self, name: str, outcomes: Iterable[Outcome]) -> Job:
        """Keep what scenes gave; gives the job as it is now."""
        now = time.time()
        with self._writing():
            for outcome in outcomes:
                changed = self._db.execute(
                    "UPDATE scenes SET body = ?, failure = ? WHERE job = ? AND number = ? AND body IS NULL AND "
                    "failure IS NULL",
                    (outcome.body, outcome.failure or None, name, outcome.number),
                ).rowcount
                self._db.execute(
                    "UPDATE jobs SET done = done + ?, bytes = bytes + ?, updated = ? WHERE id = ?",
                    (changed, changed * len(outcome.body or ""), now, name),
                )
        job = self.job(name)
        if job is None:
            raise Gone(name)
        return job

    def outcomes(self, name: str) -> list[tuple[str, Outcome]]:
        """Give the texts of all scenes, and what they gave, in the order in which they were added."""
        sql = "SELECT text, number, body, failure FROM scenes WHERE job = ? ORDER BY number"
        return [
            (text, Outcome(number=number, body=body, failure=failure or ""))
            for text, number, body, failure in self._db.execute(sql, (name,))
        ]

    def end(self, name: str, state: State, message: str = "") -> bool:
        """End a job, with a sentence; False when it has ended before."""
        now = time.time()
        sql = "UPDATE jobs SET state = ?, message = ?, updated = ?, finished = ? WHERE id = ? AND state IN (?, ?)"
        ended = self._db.execute(sql, (state, message, now, now, name, State.ACCEPTED, State.RUNNING)).rowcount > 0
        if ended and state is not State.SUCCESSFUL:
            self._db.execute("DELETE FROM scenes WHERE job = ?", (name,))
        return ended

    def forget(self, name: str) -> None:
        """Take a job that has ended out of the file."""
        self._db.execute(f"DELETE FROM jobs WHERE id = ? AND state IN ({ENDED})", (name,))  # noqa: S608 -- a constant

    def make_room(self, *, jobs_max: int, bytes_max: float, age_s: float, more_bytes: int = 0) -> bool:
        """Forget jobs that ended longest ago until one more has room; False when those that have not leave none."""
        with self._writing():
            self._db.execute("DELETE FROM jobs WHERE finished < ?", (time.time() - age_s,))
            ended = list(self._jobs("WHERE finished IS NOT NULL ORDER BY finished"))
            count = self._number("SELECT count(*) FROM jobs")
            total = self._number("SELECT coalesce(sum(bytes), 0) FROM jobs") + more_bytes
            for job in ended:
                if count < jobs_max and total <= bytes_max:
                    break
                self._db.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
                count, total = count - 1, total - job.bytes
        return count < jobs_max and total <= bytes_max

    def _give_up(self, now: float) -> None:
        """End jobs that have cost too many runners."""
        sql = "WHERE state = ? AND heard < ? AND attempts >= ?"
        for job in list(self._jobs(sql, State.RUNNING, now - SILENT_S, ATTEMPTS_MAX)):
            self.end(job.id, State.FAILED, f"The server ended {ATTEMPTS_MAX} times while it worked on this.")

    def _jobs(self, rest: str, *values: object) -> Iterator[Job]:
        for row in self._db.execute(f"SELECT {_JOB} FROM jobs {rest}", values):  # noqa: S608 -- texts of this file
            yield Job(**dict(zip(_JOB.split(", "), row, strict=True)))

    def _number(self, sql: str, *values: object) -> int:
        number: int = self._db.execute(sql, values).fetchone()[0]
        return number

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def remove(path: Path) -> None:
    """Remove a ledger that nobody needs any more, with the files that SQLite keeps beside it while it is read."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
