"""The story of an export: what is missing is drawn, then all pieces are put in their place, in a file that is whole."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.cache.flight import together
from app.errors import DeadlineExceeded, LimitExceeded, OutOfBounds, Overloaded, UpstreamFailed
from app.export.work import WorkFile
from app.model.grid import Frame
from app.net.budget import MIB
from app.pipeline.allowance import Cost, allowance
from app.runtime import Runtime

PASSING = (Overloaded, UpstreamFailed, DeadlineExceeded)
"""What may be over in a moment."""
PAUSES_S = (1, 4, 15)
"""Before a piece is tried once more."""

Body = bytes | memoryview
Draw = Callable[[Frame], Awaitable[Body | None]]
"""Draws the picture of a frame; None: there is nothing to show."""
Tell = Callable[[int], None]
"""Is told how many pieces are done besides those before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What is exported.

    Attributes:
        key: Names it; the pieces of exports of one key have equal bytes.
        count: How many pieces there are.
        pieces: Their numbers and frames.
        at_once: How many are drawn at the same time, most of which wait for bytes.
        assemble: Puts the pieces together in a new file.
    """

    key: str
    count: int
    pieces: Callable[[], Iterable[tuple[int, Frame]]]
    draw: Draw
    at_once: int
    assemble: Callable[[WorkFile, Path], None]


class Account:
    """Keeps pieces, as long as they fit into ``SWATH_EXPORT_MAX_MB``."""

    def __init__(self, rt: Runtime, work: WorkFile) -> None:
        self._work = work
        self._limit = rt.settings.export_max_mb
        self._size = work.size_bytes()

    def add(self, number: int, body: Body | None) -> None:
        """Keep one.

        Raises:
            LimitExceeded: It is one too many.
        """
        self._size += self._work.add(number, body)
        if self._size > self._limit * MIB:
            raise LimitExceeded(
                f"The export is larger than {self._limit:g} MiB (SWATH_EXPORT_MAX_MB). What is done is kept: with a "
                "higher limit the same command goes on."
            )


def work_path(output: Path) -> Path:
    """Where the pieces of an export are kept until it is whole."""
    return output.with_name(f"{output.name}.part")


async def export(rt: Runtime, job: Export, output: Path, tell: Tell) -> None:
    """Make a file; what an earlier attempt has drawn is not drawn again.

    Raises:
        OutOfBounds: No piece shows anything.
        LimitExceeded: It would be larger than ``SWATH_EXPORT_MAX_MB``.
        SwathError: A piece cannot be drawn; those that are done are kept.
    """
    path = work_path(output)
    with WorkFile(path, job.key) as work:
        await _draw_missing(rt, job, work, tell)
        if not work.size_bytes():
            _remove(path)
            raise OutOfBounds("Nothing to export: no pixel of this area has data.")
        await _assemble(rt, job, work, output)
    _remove(path)


async def _draw_missing(rt: Runtime, job: Export, work: WorkFile, tell: Tell) -> None:
    done = work.finished()
    tell(len(done))
    missing = ((number, frame) for number, frame in job.pieces() if number not in done)
    account = Account(rt, work)
    await together(_draw_some(rt, job, missing, account, tell) for _ in range(job.at_once))
    work.commit()


async def _draw_some(
    rt: Runtime, job: Export, missing: Iterator[tuple[int, Frame]], account: Account, tell: Tell
) -> None:
    """Draw one piece after the other of those that all callers share."""
    for number, frame in missing:
        account.add(number, await _draw(rt, job, frame))
        tell(1)


async def _draw(rt: Runtime, job: Export, frame: Frame) -> Body | None:
    """Draw a piece, patiently: a night's work should not end with one answer that did not come."""
    for pause_s in PAUSES_S:
        try:
            async with allowance(rt, Cost.CROP):
                return await job.draw(frame)
        except PASSING:
            await asyncio.sleep(pause_s)
    async with allowance(rt, Cost.CROP):
        return await job.draw(frame)


async def _assemble(rt: Runtime, job: Export, work: WorkFile, output: Path) -> None:
    """Write in a folder beside the output, and move the file there when the disk has it."""
    folder = output.with_name(f"{output.name}.tmp")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        await rt.patient.run(job.assemble, work, folder / output.name)
        _sync(folder / output.name)
        (folder / output.name).replace(output)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _remove(work: Path) -> None:
    for ending in ("", "-journal"):
        work.with_name(work.name + ending).unlink(missing_ok=True)
