"""The seam between the flow and whatever reads rasters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from app.model.plan import Plan, SamplePlan
from app.model.raster import PointValues, Raster
from app.model.source import Header, Source


class Reader(Protocol):
    """Reads rasters; every method raises ``UpstreamUnusable`` for a file that is not a readable raster."""

    async def headers(self, sources: Sequence[Source]) -> list[Header]:
        """Open each source and tell what it is; one header per source, in order."""
        ...

    async def read(self, plan: Plan) -> list[Raster]:
        """Read each planned source onto ``plan.grid``; one raster per read, in order."""
        ...

    async def sample(self, plan: SamplePlan) -> list[PointValues]:
        """Read the pixel under a point of each planned source; one entry per read, in order.

        Raises:
            OutOfBounds: The point lies outside a source.
        """
        ...

    async def info(self, source: Source) -> dict[str, Any]:
        """Describe a source as rio-tiler's ``Info`` does, in JSON types."""
        ...
