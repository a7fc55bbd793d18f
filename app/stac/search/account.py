"""The books of one search: what came, what was left out and why, and why it ended before its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

NAMED_MAX = 5
"""Ids that are told of each reason."""


@dataclass(slots=True)
class LeftOut:
    """Items that were left out for one reason; the first few by id."""

    count: int = 0
    ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Account:
    """Filled while a search runs.

    Attributes:
        told: How many items the source says that there are, which need not be true.
        seen: Items that came, each counted once.
        used: Scenes that were given.
        left_out: Why, to how many; the reason completes "3 items …".
        truncated: Why there may be more; None when everything was seen.
        notes: What else the caller should know.
        pages: Documents that were read.
        bytes_read: Their length.
    """

    told: int | None = None
    seen: int = 0
    used: int = 0
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    truncated: str | None = None
    notes: list[str] = field(default_factory=list)
    pages: int = 0
    bytes_read: int = 0

    @property
    def matched(self) -> int:
        """How many items match: those that came, when all did; else what the source says, if that can be."""
        return self.seen if self.truncated is None else max(self.seen, self.told or 0)

    def absorb(self, other: Account) -> None:
        """Add the books of a search to those of what is done with its scenes."""
        self.told = other.told
        self.seen += other.seen
        self.used += other.used
        self.truncated = self.truncated or other.truncated
        self.pages += other.pages
        self.bytes_read += other.bytes_read
        for note in other.notes:
            self.note(note)
        for reason, entry in other.left_out.items():
            own = self.left_out.setdefault(reason, LeftOut())
            own.count += entry.count
            own.ids += entry.ids[: NAMED_MAX - len(own.ids)]

    def drop(self, reason: str, item_id: str) -> None:
        """Leave out a scene that the search had given."""
        self.leave_out(reason, item_id)
        self.used -= 1

    def leave_out(self, reason: str, item_id: str) -> None:
        """Count an item that cannot be used."""
        entry = self.left_out.setdefault(reason, LeftOut())
        entry.count += 1
        if len(entry.ids) < NAMED_MAX and item_id not in entry.ids:
            entry.ids.append(item_id)

    def note(self, text: str) -> None:
        """Keep a remark, once."""
        if text not in self.notes:
            self.notes.append(text)

    def stop(self, reason: str) -> None:
        """Note why no more is asked for; the first reason counts."""
        self.truncated = self.truncated or reason

    def sentences(self) -> Iterator[str]:
        """Everything that a person should know, one sentence each."""
        for reason, entry in self.left_out.items():
            items = f"{entry.count} {'item' if entry.count == 1 else 'items'}"
            more = ", …" if len(entry.ids) == NAMED_MAX else ""
            yield f"Left out: {items} {reason} ({', '.join(entry.ids)}{more})."
        if self.truncated:
            yield f"There may be more: {self.truncated}."
        elif self.told is not None and self.told != self.seen:
            yield f"The source tells of {self.told} items, and gave {self.seen}."
        yield from self.notes
