"""Band math that has been read and found harmless."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """Placeholder until compute lands."""

    text: str
    names: tuple[str, ...]
    descriptions: tuple[str, ...]
