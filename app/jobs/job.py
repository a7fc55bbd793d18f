"""A job as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a job stands, in the words of OGC API Processes."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    DISMISSED = "dismissed"

    @property
    def is_end(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (State.ACCEPTED, State.RUNNING)


ENDED = ", ".join(f"'{state}'" for state in State if state.is_end)
"""As SQL lists them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for.

    Attributes:
        process: Id of the process.
        inputs: Canonical JSON, from which the process makes its work.
        owner: Name of the caller's key; empty for those who have none.
        notes: JSON: what the caller should know of the search.
    """

    process: str
    inputs: str
    owner: str = ""
    notes: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is known of a job.

    Attributes:
        total: Scenes that it takes.
        done: Scenes that have given something, or failed.
        created: Seconds since 1970, like the other moments.
        message: A sentence about how it ended.
        bytes: Length of its inputs, scenes and result.
    """

    id: str
    process: str
    inputs: str
    owner: str
    notes: str
    total: int
    state: State
    created: float
    started: float | None
    updated: float
    finished: float | None
    message: str
    done: int
    bytes: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", State(self.state))

    @property
    def progress(self) -> int:
        """Percent."""
        return 100 * self.done // self.total if self.total else 100
