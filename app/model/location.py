"""Where bytes live: a remote URL or a file below a root that may be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RemoteLocation:
    """An ``http`` or ``https`` URL, without user, fragment or surrounding space."""

    url: str

    @property
    def host(self) -> str:
        """Host and port."""
        return self.url.split("/", 3)[2]

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True)
class FileLocation:
    """A file inside ``root``; both paths are real (no symbolic links left)."""

    root: Path
    path: Path

    def __str__(self) -> str:
        return self.path.name


Location = RemoteLocation | FileLocation
"""What ``Locator.locate`` makes of a text, and the only thing that readers accept."""


def hosts_of(locations: Iterable[Location]) -> frozenset[str]:
    """Hosts, with their ports, of all that are remote."""
    return frozenset(location.host for location in locations if isinstance(location, RemoteLocation))
