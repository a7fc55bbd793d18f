"""Ways to show a dataset that it suggests itself, and the bands to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Params = Mapping[str, Sequence[str]]
"""Parameters of a tile by today's names, each with all of its values."""

STYLING = frozenset({"rescale", "color_formula", "colormap", "colormap_name", "algorithm"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One way to show a dataset.

    Attributes:
        key: Stable name, for programs.
        title: For people.
        params: What to ask tiles for.
    """

    key: str
    title: str
    params: Params

    @property
    def is_styled(self) -> bool:
        """Whether it says how values become colours."""
        return not STYLING.isdisjoint(self.params)


@dataclass(frozen=True, slots=True, kw_only=True)
class BandEntry:
    """One band that a picture can show.

    Attributes:
        name: For people: the band's or the asset's name.
        params: What reads this band alone: ``assets`` or ``bidx``.
        variable: Its name in an expression, or None where it has none that is a word.
        common_name: As in the EO extension, or None.
        title: What the item or the file says of it, or None.
    """

    name: str
    params: Params
    variable: str | None
    common_name: str | None = None
    title: str | None = None
