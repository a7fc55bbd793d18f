"""Map one task over many texts: results as they come, and what a lost worker held is done again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import replace

from app.execute.executor import Executor, WorkerLost
from app.execute.parcel import Outcome, Parcel, Work, sendable
from app.settings import Settings

PARCEL_TEXTS = 8
"""Texts that a worker has at the same time: while one waits for its source, another is worked on."""

ROUNDS = 4
"""Parcels for each worker at least, so that none is idle for long while another does the last one."""

LOSSES_MAX = 3
"""A text that has cost so many workers is given up; before that, nothing else ran with each but the first."""


async def spread(
    executor: Executor, work: Work, texts: Sequence[tuple[int, str]], settings: Settings
) -> AsyncGenerator[Outcome]:
    """Have the work done for all texts; gives one outcome for each, in any order. Closing it ends the work.

    Args:
        texts: Number and text of each.

    Raises:
        Overloaded: There is nobody to do it.
    """
    waiting = deque(_parcels(work, texts, settings, await executor.width()))
    running: dict[asyncio.Task[Sequence[Outcome]], Parcel] = {}
    try:
        while waiting or running:
            width = await executor.width()
            while waiting and _may_begin(waiting[0], running.values(), width):
                parcel = waiting.popleft()
                running[asyncio.create_task(_run(executor, parcel))] = parcel
            done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                parcel = running.pop(task)
                try:
                    outcomes = task.result()
                except WorkerLost:
                    again, outcomes = _after_loss(parcel)
                    waiting.extendleft(reversed(again))
                for outcome in outcomes:
                    yield outcome
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _may_begin(parcel: Parcel, running: Collection[Parcel], width: int) -> bool:
    """Whether there is room; what has cost a worker runs while nothing else does, so that it takes nobody along."""
    if parcel.losses or any(other.losses for other in running):
        return not running
    return len(running) < width


async def _run(executor: Executor, parcel: Parcel) -> Sequence[Outcome]:
    return await executor.run(parcel)


def _parcels(work: Work, texts: Sequence[tuple[int, str]], settings: Settings, width: int) -> list[Parcel]:
    size = max(1, min(PARCEL_TEXTS, len(texts) // (width * ROUNDS)))
    sent = sendable(settings)
    starts = range(0, len(texts), size)
    return [Parcel(work=work, texts=tuple(texts[start : start + size]), settings=sent) for start in starts]


def _after_loss(parcel: Parcel) -> tuple[list[Parcel], list[Outcome]]:
    """Send each text again, by itself, so that one which ends its worker takes no other along; or give it up."""
    losses = parcel.losses + 1
    if losses < LOSSES_MAX:
        return [replace(parcel, texts=(text,), losses=losses) for text in parcel.texts], []
    told = f"{losses} workers ended while they worked on it."
    return [], [Outcome(number=number, failure=told) for number, _ in parcel.texts]
