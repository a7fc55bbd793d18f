"""The jobs of a server: accepted from callers, worked on one after the other, told about. One desk in each worker."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from app.errors import Overloaded, SwathError
from app.execute import Outcome, Work, open_executor
from app.jobs.books import Books
from app.jobs.job import Job, State, Wanted
from app.jobs.ledger import Gone, Ledger
from app.jobs.run import require_small, run_job
from app.net.budget import MIB
from app.settings import Settings

log = logging.getLogger("swath")

FILE = "jobs.sqlite"

LOOK_S = 1.0
"""How often a desk looks for jobs that another one has accepted, or left."""

SPEAK_S = 2.0
"""How often it says that it lives, and learns that a job was dismissed."""

RETRY_S = 10
"""When a place may be free again, or a disk well."""


class Desk:
    """Accepts jobs, and works on them in turn.

    Args:
        books: Shared with the desks of other workers.
        work_of: Makes the work of a job, of its inputs.
    """

    def __init__(self, books: Books, settings: Settings, work_of: Callable[[Job], Work]) -> None:
        self._books = books
        self._settings = settings
        self._work_of = work_of
        self._name = uuid.uuid4().hex
        self._news = asyncio.Event()
        self._jobs: set[asyncio.Task[None]] = set()
        self._attention = asyncio.create_task(self._attend())

    async def accept(self, wanted: Wanted, scenes: Sequence[str]) -> Job:
        """Keep a job for its turn.

        Raises:
            LimitExceeded: It is too large to be kept.
            Overloaded: Too many wait, or there is nobody who could do it.
        """
        settings, size = self._settings, len(wanted.inputs) + sum(map(len, scenes))
        require_small(size, settings)
        await self.require_place()
        has_room = await self._books.ask(
            Ledger.make_room,
            jobs_max=settings.jobs_kept_max,
            bytes_max=settings.jobs_kept_mb * MIB,
            age_s=settings.jobs_kept_s,
            more_bytes=size,
        )
        if not has_room:
            told = "No more jobs can be kept (SWATH_JOBS_KEPT_MAX, SWATH_JOBS_KEPT_MB); come again later."
            raise Overloaded(told, retry_after_s=RETRY_S)
        job = await self._books.ask(Ledger.add, wanted, scenes)
        self._news.set()
        return job

    async def require_place(self) -> None:
        """Make sure that a job could be accepted, before much is done for it.

        Raises:
            Overloaded: Too many wait, or there is nobody who could do it.
        """
        waiting = await self._books.ask(Ledger.waiting)
        if waiting >= self._settings.jobs_waiting_max:
            told = f"{waiting} jobs wait for their turn (SWATH_JOBS_WAITING_MAX); come again later."
            raise Overloaded(told, retry_after_s=RETRY_S)
        async with open_executor(self._settings):
            pass

    async def job(self, name: str) -> Job | None:
        """Give a job by its id."""
        return await self._books.ask(Ledger.job, name)

    async def jobs(self, owner: str, limit: int) -> list[Job]:
        """Give jobs of an owner, the newest first."""
        return await self._books.ask(Ledger.jobs, owner, limit)

    async def outcomes(self, job: Job) -> list[tuple[str, Outcome]]:
        """Give the texts of the scenes of a job, and what they gave, in the order of its scenes."""
        return await self._books.ask(Ledger.outcomes, job.id)

    async def dismiss(self, job: Job) -> Job:
        """End a job, or forget one that has ended; gives it as it is then."""
        if job.state.is_end or not await self._books.ask(Ledger.end, job.id, State.DISMISSED):
            await self._books.ask(Ledger.forget, job.id)
        return replace(job, state=State.DISMISSED, message="")

    async def aclose(self) -> None:
        """Stop; what is not finished is for another desk, or for the next start."""
        for task in (self._attention, *self._jobs):
            task.cancel()
        await asyncio.gather(self._attention, *self._jobs, return_exceptions=True)
        await self._books.aclose()

    async def _attend(self) -> None:
        while True:
            try:
                job = await self._books.ask(Ledger.claim, self._name, self._settings.jobs_at_once)
            except SwathError:
                log.exception("jobs cannot be looked for")
                await asyncio.sleep(RETRY_S)
                continue
            if job is None:
                with suppress(TimeoutError):  # wait_for of Python 3.11 may swallow the cancellation that ends this
                    async with asyncio.timeout(LOOK_S):
                        await self._news.wait()
                self._news.clear()
                continue
            task = asyncio.create_task(self._finish(job))
            self._jobs.add(task)
            task.add_done_callback(self._jobs.discard)

    async def _finish(self, job: Job) -> None:
        """Work on a job until it ends, or is no longer ours."""
        work = asyncio.create_task(self._work(job))
        alive = asyncio.create_task(self._stay(job.id))
        limit_s = self._settings.jobs_timeout_s
        try:
            await asyncio.wait((work, alive), timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await self._books.ask(Ledger.end, job.id, *work.result())
            elif not alive.done():
                told = f"The job took longer than {limit_s:g} s (SWATH_JOBS_TIMEOUT_S); ask for fewer scenes."
                await self._books.ask(Ledger.end, job.id, State.FAILED, told)
        except asyncio.CancelledError:
            await self._books.ask(Ledger.give_back, job.id, self._name)
            raise
        finally:
            work.cancel()
            alive.cancel()
            await asyncio.gather(work, alive, return_exceptions=True)
            self._news.set()

    async def _work(self, job: Job) -> tuple[State, str]:
        """Work on a job, and say how it ended."""
        try:
            work = await asyncio.to_thread(self._work_of, job)  # shapes of very many points take a moment
            await run_job(self._books, job, work, self._settings)
        except Gone:
            return State.DISMISSED, ""
        except SwathError as error:
            return State.FAILED, error.detail
        except Exception:
            log.exception("job %s failed", job.id)
            return State.FAILED, "A mistake in this server; its log has the traceback."
        return State.SUCCESSFUL, ""

    async def _stay(self, name: str) -> None:
        """Say from time to time that this desk lives; returns when the job is no longer its own."""
        while True:
            if not await self._books.ask(Ledger.hear, name, self._name):
                return
            await asyncio.sleep(SPEAK_S)
