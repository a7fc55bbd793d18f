"""What one planned read needs of a file, as a value: blocks to fetch, and where each pixel of the grid lies in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from app.model.plan import Plan, PlannedRead, SamplePlan
from app.read.cog.blocks import BlockKey
from app.read.cog.geometry import Sampling
from app.read.cog.layout import Layout, Level
from app.read.cog.pixels import Cover, Pixels, bands_of, needs_mask, raster_of
from app.read.cog.resample import resampled, widened
from app.read.reader import Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Pixels of one level; ``number`` counts the masks' levels behind those of the pixels."""

    pixels: Pixels
    number: int
    version: str

    @property
    def level(self) -> Level:
        """The level they are of."""
        return self.pixels.level

    @property
    def keys(self) -> list[BlockKey]:
        """Names of its blocks in the cache."""
        return [BlockKey(self.version, self.number, block) for block in self.pixels.numbers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One read.

    Attributes:
        parts: The pixels and, where validity comes from it, the mask.
    """

    read: PlannedRead
    plan: Plan | SamplePlan
    sampling: Sampling
    parts: tuple[Part, ...]

    @classmethod
    def of(cls, layout: Layout, level: int, sampling: Sampling, read: PlannedRead, plan: Plan | SamplePlan) -> Wish:
        """Wish for the bands of a read, in one level of its file."""
        if isinstance(plan, Plan) and not plan.is_nearest:
            sampling = widened(sampling, layout.levels[level], read.step, plan.padding)
        version = read.header.version
        pixels = Pixels.under(sampling, layout.levels[level], bands_of(read))
        parts = [Part(pixels=pixels, number=level, version=version)]
        if layout.masks and needs_mask(read):
            mask = Pixels.under(sampling, layout.masks[level], [1])
            parts.append(Part(pixels=mask, number=len(layout.levels) + level, version=version))
        return cls(read=read, plan=plan, sampling=sampling, parts=tuple(parts))

    @property
    def blocks(self) -> int:
        """How many blocks it needs."""
        return sum(len(part.pixels.numbers) for part in self.parts)

    @property
    def decoded_bytes(self) -> int:
        """Size of all its blocks, decoded."""
        return sum(part.pixels.decoded_bytes for part in self.parts)

    def granted(self, covers: Sequence[Cover]) -> Piece:
        """Make the piece, now that the blocks of each part are here."""
        pixels, mask = covers[0], covers[1] if len(covers) > 1 else None
        if isinstance(self.plan, Plan) and not self.plan.is_nearest:
            return partial(resampled, pixels, mask, self.sampling, self.read, self.plan)
        return partial(raster_of, pixels, mask, self.sampling, self.read, self.plan.grid)
