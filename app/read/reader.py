"""The seam between the flow and whatever reads rasters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from app.errors import SourceNotAllowed, UpstreamFailed, UpstreamUnusable
from app.model.plan import Plan, SamplePlan
from app.model.raster import Raster
from app.model.source import Header, Source


@contextmanager
def naming(source: Source) -> Iterator[None]:
    """Let the error of one of an item's assets begin with ``Asset 'B04': ``; a lone raster needs no name."""
    try:
        yield
    except (SourceNotAllowed, UpstreamUnusable, UpstreamFailed) as error:
        subject = f"Asset {source.name!r}"
        if not source.prefix or error.detail.startswith(subject):
            raise
        raise error.about(subject) from error


class Reader(Protocol):
    """Reads rasters; every method raises ``UpstreamUnusable`` for a file that is not a readable raster."""

    async def headers(self, sources: Sequence[Source]) -> list[Header]:
        """Open each source and tell what it is; one header per source, in order."""
        ...

    async def read(self, plan: Plan) -> list[Raster]:
        """Read each planned source onto ``plan.grid``; one raster per read, in order."""
        ...

    async def sample(self, plan: SamplePlan) -> list[Raster]:
        """Read the pixel under a point of each planned source; one raster of one pixel per read, in order.

        Raises:
            OutOfBounds: The point lies outside a source.
        """
        ...

    async def info(self, source: Source) -> dict[str, Any]:
        """Describe a source as rio-tiler's ``Info`` does, in JSON types."""
        ...
