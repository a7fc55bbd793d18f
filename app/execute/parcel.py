"""What is sent to a worker, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from app import __version__
from app.runtime import Runtime
from app.settings import Settings

UNSENT = frozenset({"api_keys", "api_keys_file", "signing_keys"})
"""Settings that say who may ask: workers answer nobody."""


class Work(Protocol):
    """One task over many texts: can be pickled, and gives the same for the same, wherever and how often it is done."""

    async def run(self, rt: Runtime, text: str) -> str:
        """Do it for one text, and give JSON; an error of the source is part of that, not raised."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one text.

    Attributes:
        number: As it was sent.
        body: What the work gave; None when it failed.
        failure: A sentence for a person, else empty.
    """

    number: int
    body: str | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A few texts that one worker takes at once, with all that it needs for them.

    Its text says how many they are and nothing else: engines write what they are given into their logs, and addresses
    may have secrets.

    Attributes:
        texts: Number and text of each.
        settings: As ``sendable`` makes them.
        version: Of the program that sends it.
        losses: How often a worker was lost over it.
    """

    work: Work
    texts: tuple[tuple[int, str], ...]
    settings: Settings
    version: str = field(default=__version__)
    losses: int = 0

    def __repr__(self) -> str:
        return f"<Parcel of {len(self.texts)}>"


def sendable(settings: Settings) -> Settings:
    """Settings for workers elsewhere: guards and limits as they are here, and no secrets."""
    return settings.model_copy(update={name: Settings.model_fields[name].default for name in UNSENT})
