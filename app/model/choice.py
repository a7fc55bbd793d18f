"""What a selection means for one dataset: files to open, and which band each name in the expression is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.model.expression import Expression
from app.model.grid import Bounds
from app.model.request import MaskRule
from app.model.source import Source


@dataclass(frozen=True, slots=True)
class BandRef:
    """A band that an expression names.

    Attributes:
        source: Position in ``Choice.sources``; None counts over the bands of all sources, stacked.
        band: Band number from 1, or None for the first band read of that source.
    """

    source: int | None
    band: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenMask:
    """A rule, and the band that it looks at: the only one of ``source``."""

    source: Source
    rule: MaskRule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """Sources in reading order, and the expression over them; compared by identity, so that plans can be remembered.

    Attributes:
        name: Of the dataset: the item's id, or the file's name.
        names: Identifier of the expression to the band it means.
        bounds_wgs84: As the item says; None to take those of the sources.
        attribution: Names of the data's providers, or None.
        masks: What makes pixels invalid.
    """

    name: str
    sources: tuple[Source, ...]
    expression: Expression | None = None
    names: Mapping[str, BandRef] = field(default_factory=dict)
    bounds_wgs84: Bounds | None = None
    attribution: str | None = None
    masks: tuple[ChosenMask, ...] = ()

    @property
    def files(self) -> tuple[Source, ...]:
        """All that is opened: the sources, then those of the masks."""
        return (*self.sources, *(mask.source for mask in self.masks))
