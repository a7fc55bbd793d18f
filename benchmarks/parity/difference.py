"""What differs between two answers, and why it may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Difference(NamedTuple):
    """One respect in which two answers differ."""

    aspect: str
    """``status``, ``type``, ``shape``, ``dtype``, ``mask``, ``pixels`` (too many differ), ``values`` (of no neighbour),
    ``place``, ``header NAME``, ``xml``, ``time``, or ``json /a/path``."""
    told: str
    """Theirs, and ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliberate:
    """A difference that is meant; it excuses nothing beyond what it covers."""

    title: str
    why: str
    """A sentence or two for the page."""
    covers: tuple[str, ...]
    """Patterns of ``Difference.aspect``, as of file names."""
    where: str = ""
    """Regular expression for the text of a request: which requests it is about."""
    told: str = ""
    """Regular expression for ``Difference.told``: theirs and ours."""
