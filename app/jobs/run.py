"""The story of a job: its scenes that have given nothing yet are worked on, and what each gives is kept as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from app.errors import LimitExceeded, UpstreamUnusable
from app.execute import Work, open_executor, spread
from app.jobs.books import Books
from app.jobs.job import Job
from app.jobs.ledger import Gone, Ledger
from app.jobs.row import failure_of
from app.net.budget import MIB
from app.settings import Settings


async def run_job(
    books: Books, job: Job, work: Work, settings: Settings, tell: Callable[[Job], None] = lambda _: None
) -> None:
    """Work through a job; when this is cancelled, so is the work, and what was kept stays.

    Args:
        tell: Called with the job whenever a scene is done.

    Raises:
        Gone: The job was dismissed.
        LimitExceeded: Its result is too large.
        UpstreamUnusable: Nothing came of any scene.
        Overloaded: There is nobody to do the work.
    """
    texts = await books.ask(Ledger.open_scenes, job.id)
    async with open_executor(settings) as executor, aclosing(spread(executor, work, texts, settings)) as outcomes:
        async for outcome in outcomes:
            now = await books.ask(Ledger.keep, job.id, [outcome])
            if now.state.is_end:
                raise Gone(job.id)
            require_small(now.bytes, settings)
            tell(now)
    if failure := await asyncio.to_thread(failure_of, await books.ask(Ledger.outcomes, job.id)):
        raise UpstreamUnusable(failure)


def require_small(size: int, settings: Settings) -> None:
    """Raise ``LimitExceeded`` when a job, its result included, has more bytes than one may have."""
    if size > settings.jobs_result_mb * MIB:
        raise LimitExceeded(
            f"The scenes and the result of this job have more than {settings.jobs_result_mb:g} MiB "
            "(SWATH_JOBS_RESULT_MB); ask for fewer scenes or shapes."
        )
