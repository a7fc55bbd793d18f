"""How scenes of a search become one picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from app.model.search import Search


class Method(StrEnum):
    """Which of the values that scenes have for a pixel is shown; the value is how a caller writes it."""

    FIRST = "first"
    LAST = "last"
    BEST = "best"
    HIGHEST = "highest"
    LOWEST = "lowest"
    MEAN = "mean"
    MEDIAN = "median"
    STDEV = "stdev"
    COUNT = "count"
    PERCENTILE = "percentile"
    MEDOID = "medoid"

    @property
    def stops(self) -> bool:
        """Whether nothing changes any more when every pixel has a value."""
        return self in (Method.FIRST, Method.LAST, Method.BEST)

    @property
    def stacks(self) -> bool:
        """Whether all scenes must be in memory at the same time."""
        return self in (Method.MEDIAN, Method.PERCENTILE, Method.MEDOID)

    @property
    def picks(self) -> bool:
        """Whether each value is that of one scene."""
        return self.stops or self in (Method.HIGHEST, Method.LOWEST, Method.MEDOID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mosaic:
    """Scenes, and what is made of them.

    Attributes:
        search_id: Of the search.
        search: The search itself, or None: it is kept under its id.
        percentile: 0 to 100, of ``Method.PERCENTILE``.
        provenance: Not the values, but the scene that each comes from.
        whole: All scenes, or an error.
        since: Only scenes from this moment on, in UTC; None: from the first on.
        until: Only scenes up to this moment; None: to the last.
    """

    search_id: str
    search: Search | None = None
    method: Method = Method.FIRST
    percentile: float = 50
    provenance: bool = False
    whole: bool = False
    since: datetime | None = None
    until: datetime | None = None

    @property
    def key(self) -> Mosaic:
        """The same, whether the search is written out or named by its id."""
        return replace(self, search=None)
