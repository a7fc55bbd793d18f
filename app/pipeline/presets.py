"""The story of how a dataset shows itself: the first of some ways whose files can be opened."""

from __future__ import annotations

from collections.abc import Sequence

from app.access.rates import charge
from app.errors import BadRequest, NotFound, SourceNotAllowed, SwathError, UpstreamFailed, UpstreamUnusable
from app.model.choice import Choice
from app.model.request import DatasetRef, Selection
from app.model.source import Header
from app.pipeline.lookup import choose, open_headers
from app.runtime import Runtime

TRIED_MAX = 4
"""Selections that are tried: an item may name files that are not there."""
UNREADABLE = (BadRequest, NotFound, SourceNotAllowed, UpstreamUnusable, UpstreamFailed)
"""What is wrong with one selection, and perhaps not with the next."""


async def open_first(
    rt: Runtime, dataset: DatasetRef, selections: Sequence[Selection]
) -> tuple[int, Choice, Sequence[Header]]:
    """Open the files of the first selection that can be read; its number, its files and their headers.

    Raises:
        SwathError: Why the first of them cannot be read, when none can.
    """
    refusal: SwathError | None = None
    for number, selection in enumerate(selections[:TRIED_MAX]):
        try:
            choice = await choose(rt, dataset, selection)
            charge(len(choice.sources))
            return number, choice, await open_headers(rt, choice.sources)
        except UNREADABLE as error:
            refusal = refusal or error
    assert refusal is not None, "there is a selection for every dataset"
    raise refusal
