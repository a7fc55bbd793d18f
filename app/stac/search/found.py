"""What a search found, as it is kept for a while."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from app.model.grid import Bounds
from app.model.search import Scene
from app.stac.search.account import Account

SCENE_BYTES = 2048
"""What a scene takes besides its document: its footprint, its names."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Scenes in the order asked for, and the books of the search."""

    scenes: tuple[Scene, ...]
    account: Account

    @cached_property
    def bounds_wgs84(self) -> Bounds:
        """The box around all scenes, in degrees; across the antimeridian left is above right."""
        lefts, bottoms, rights, tops = zip(*(scene.bounds_wgs84 for scene in self.scenes), strict=True)
        if any(left > right for left, right in zip(lefts, rights, strict=True)):
            lefts = tuple(left if left >= 0 else left + 360 for left in lefts)
            rights = tuple(right if right >= 0 else right + 360 for right in rights)
            return min(lefts), min(bottoms), max(rights) - 360, max(tops)
        return min(lefts), min(bottoms), max(rights), max(tops)

    @cached_property
    def size_bytes(self) -> int:
        """What it takes in memory, about."""
        return SCENE_BYTES + sum(SCENE_BYTES + len(scene.document or b"") for scene in self.scenes)
