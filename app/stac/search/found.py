"""What a search found, as it is kept for a while."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

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
    def size_bytes(self) -> int:
        """What it takes in memory, about."""
        return SCENE_BYTES + sum(SCENE_BYTES + len(scene.document or b"") for scene in self.scenes)
