"""What the sample catalogue is made of: the scenes of 2019, the size of a picture, and the version of the recipe."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

VERSION = "sample-v1"
DRAWING = 2
"""Raise it when the generator draws differently, so that catalogues made before are not taken for this one."""
COLLECTION = "sentinel-s2-l2a-cogs"
NEWEST_CLEAR = date(2019, 12, 5)
EVERY_DAYS = 15
CLOUDS_PERCENT = (
    *(34, 1.6, 68, 0.4, 12, 0, 47, 3.4),  # 9 January to 24 April
    *(0, 0.8, 0, 0, 0.1, 0, 0, 0.3),  # 9 May to 22 August
    *(0, 0, 7, 0.9, 23, 4.2, 0, 56),  # 6 September to 20 December
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One acquisition.

    Attributes:
        clouds_percent: Share of the picture that clouds should cover; the item has the share that they do cover.
    """

    day: date
    platform: str
    clouds_percent: float

    @property
    def id(self) -> str:
        """Name in the form of Earth Search v0, such as ``S2B_36RTT_20191205_0_L2A``."""
        return f"S2{self.platform[-1].upper()}_36RTT_{self.day:%Y%m%d}_0_L2A"

    @property
    def time(self) -> datetime:
        """Moment of the overpass, UTC: some 35 minutes before 11 in local time."""
        seconds = 8 * 3600 + 35 * 60 + self.day.toordinal() * 37 % 240
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC) + timedelta(seconds=seconds)


def scenes_2019() -> tuple[Scene, ...]:
    """Every third overpass of the year, the two satellites in turn, oldest first."""
    first = NEWEST_CLEAR - EVERY_DAYS * timedelta(22)
    return tuple(
        Scene(
            day=first + EVERY_DAYS * timedelta(step),
            platform="sentinel-2b" if step % 2 == 0 else "sentinel-2a",
            clouds_percent=percent,
        )
        for step, percent in enumerate(CLOUDS_PERCENT)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that the bytes of the catalogue depend on, beside the versions of the libraries.

    Attributes:
        size: Width and height of the 10 m bands in pixels; smaller means coarser pixels of the same ground.
        scenes: Acquisitions, oldest first.
    """

    size: int = 1280
    scenes: tuple[Scene, ...] = field(default_factory=scenes_2019)

    @property
    def name(self) -> str:
        """Folder name: the version and a hash of the parameters, so that a changed recipe is made anew."""
        digest = hashlib.sha256(repr((DRAWING, self.size, self.scenes)).encode()).hexdigest()
        return f"{VERSION}-{digest[:10]}"
