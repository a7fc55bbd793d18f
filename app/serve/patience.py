"""How long, and how much, one connection may keep us waiting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from app.net.budget import MIB
from app.settings import Settings

KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Limits of every connection to a worker.

    Attributes:
        head_s: From the connection, or from the first byte of a later request, to the end of its headers.
        body_s: From there to the end of its body.
        idle_s: Between an answer and the next request.
        unread_s: How long an answer may wait for a client who takes less than ``app.serve.protocol.PROGRESS`` bytes.
        connections: Open at the same time in one worker.
    """

    head_s: float
    body_s: float
    idle_s: float
    unread_s: float
    head_bytes: int
    body_bytes: int
    connections: int

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Read the limits."""
        return cls(
            head_s=settings.head_timeout_s,
            body_s=settings.body_timeout_s,
            idle_s=settings.idle_timeout_s,
            unread_s=settings.unread_timeout_s,
            head_bytes=int(settings.head_max_kb * KIB),
            body_bytes=int(settings.body_max_mb * MIB),
            connections=settings.connections_max,
        )
