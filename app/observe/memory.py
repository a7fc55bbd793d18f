"""How much memory is in use, and how much may be? As the container's limit counts it, else by the process alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Memory:
    """A limit, and what is used of it.

    Attributes:
        limit_bytes: Of all workers together.
        used_bytes: Measures what they use; raises ``OSError`` or ``ValueError`` where the system does not tell.
    """

    limit_bytes: float
    used_bytes: Callable[[], float]

    def share(self) -> float:
        """Used part, 0 to 1; 0 where the system does not tell."""
        try:
            return self.used_bytes() / self.limit_bytes
        except (OSError, ValueError):
            return 0.0


def find_memory(limit_bytes: float | None, workers: int, *, cgroup: Path = CGROUP, proc: Path = PROC) -> Memory:
    """Find the limit that ends this process when it is passed.

    Args:
        limit_bytes: As the operator says; None: that of the container (cgroup v2), else the machine's memory.
        workers: How many there are; without a container each takes itself for an average one.
    """
    own = Memory(limit_bytes or _machine_bytes(), lambda: workers * resident_bytes(proc))
    if limit_bytes:
        return own
    try:
        text = (cgroup / "memory.max").read_text()
        return own if text.strip() == "max" else Memory(float(text), lambda: _group_bytes(cgroup))
    except (OSError, ValueError):
        return own


def resident_bytes(proc: Path = PROC) -> int:
    """Resident memory of this process.

    Raises:
        OSError: The system does not tell.
    """
    return int((proc / "self/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _group_bytes(cgroup: Path) -> float:
    """What the container uses and could not give back at once: without files that are only cached."""
    told = dict(line.split() for line in (cgroup / "memory.stat").read_text().splitlines())
    return float((cgroup / "memory.current").read_text()) - float(told.get("inactive_file", 0))


def _machine_bytes() -> float:
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
