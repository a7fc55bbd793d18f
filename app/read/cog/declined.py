"""What the fast driver leaves to the general one, and why."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What the fast driver does not do, in a word for metrics."""

    FILE = "file"
    OVERVIEWS = "overviews"
    PROJECTION = "projection"
    SIZE = "size"
    RESAMPLING = "resampling"


class Declined(Exception):
    """This is not for the fast driver; the text says why."""

    def __init__(self, text: str, reason: Reason = Reason.FILE) -> None:
        super().__init__(text)
        self.reason = reason
