"""The seam between the flow and whatever reads rasters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader

from app.errors import SourceNotAllowed, UpstreamFailed, UpstreamUnusable
from app.model.plan import Plan, SamplePlan
from app.model.raster import Raster
from app.model.source import Header, Source
from app.net.source import BlockingSource

T = TypeVar("T")

Look = Callable[[DatasetReader, BlockingSource], T]
"""Asks an open file about itself, in a thread, and reads no pixel; called again each time that more of it has come."""

Inside = NDArray[np.bool_]
"""Shape ``(y, x)`` of the plan's grid."""

Piece = Callable[[], Raster]
"""Pixels that have been read; called, it puts them onto the grid, which takes time but waits for nothing."""


def ready(raster: Raster) -> Piece:
    """A piece that is a raster already."""
    return lambda: raster


FAST, GENERAL = "cog", "gdal"
"""Names of the drivers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """How a read will be done.

    Attributes:
        driver: ``cog`` or ``gdal``.
        why: Why the fast driver leaves it to the general one, or None.
        blocks: Blocks that hold the pixels; None where GDAL finds them.
        stored_bytes: Of those blocks in the file.
        decoded_bytes: Of those blocks in memory.
        kept: All of them are in memory.
    """

    driver: str
    why: str | None = None
    blocks: int | None = None
    stored_bytes: int | None = None
    decoded_bytes: int | None = None
    kept: bool | None = None


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

    def clear(self) -> None:
        """Drop all that is kept in memory."""
        ...

    def kept_headers(self, sources: Sequence[Source]) -> Sequence[Header] | None:
        """Give the headers of all sources, in order, if they are in memory."""
        ...

    async def headers(self, sources: Sequence[Source]) -> Sequence[Header]:
        """Open each source and tell what it is; one header per source, in order."""
        ...

    async def read(self, plan: Plan) -> list[Piece]:
        """Read each planned source for ``plan.grid``; one piece per read, in order."""
        ...

    def inside(self, plan: Plan) -> Inside | None:
        """Tell which pixels of a plan that was read lie within the raster of any of its reads; None: unknown."""
        ...

    async def explain(self, plan: Plan) -> list[Explained]:
        """Say how each read of a plan would be done; reads nothing."""
        ...

    async def sample(self, plan: SamplePlan) -> list[Piece]:
        """Read the pixel under a point of each planned source; one piece of one pixel per read, in order.

        Raises:
            OutOfBounds: The point lies outside a source.
        """
        ...

    async def info(self, source: Source) -> dict[str, Any]:
        """Describe a source as rio-tiler's ``Info`` does, in JSON types."""
        ...

    async def look(self, source: Source, ask: Look[T]) -> T:
        """Ask a file about itself, as GDAL has it: neither turned nor placed by its ground control points."""
        ...
