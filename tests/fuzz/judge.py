"""What may be answered to hostile input, and what is a finding."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.watched import Observed
from tests.problems import problem_of

GROWN_MB_MAX = 256
TILE_S, CROP_S = 15.0, 30.0
SLACK_S = 1.5
"""A deadline is noticed and answered a little later."""
WITH_REASON = (502, 503, 504)
SLOW_S = 1.0


def faults_of(seen: Observed) -> list[str]:
    """What is wrong with an answer, in words."""
    answer = seen.answer
    limit = CROP_S if any(word in answer.url for word in ("/crop/", "/bbox/", "/preview")) else TILE_S
    faults = []
    if answer.status_code >= 500 and answer.status_code not in WITH_REASON:
        faults.append(f"answered {answer.status_code}")
    if answer.status_code >= 400:
        try:
            problem_of(answer)
        except (AssertionError, ValueError, KeyError) as error:
            faults.append(f"not a problem: {error!r}"[:300])
    if seen.lasted_s > limit + SLACK_S:
        faults.append(f"took {seen.lasted_s:.1f} s")
    if seen.grown_mb > GROWN_MB_MAX:
        faults.append(f"took {seen.grown_mb:.0f} MB")
    return faults


@dataclass
class Tally:
    """What a campaign has seen."""

    calls: int = 0
    inputs: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[float, str] = (0.0, "")
    findings: list[str] = field(default_factory=list)

    def note(self, seen: Observed, what: str) -> None:
        """Count an answer."""
        self.calls += 1
        self.statuses[seen.answer.status_code] += 1
        self.slowest = max(self.slowest, (seen.lasted_s, what))
        self.largest = max(self.largest, (seen.grown_mb, what))

    def report(self) -> str:
        """Tell it in a few lines."""
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.inputs} inputs, {self.calls} calls ({statuses})\n"
            f"slowest {self.slowest[0]:.2f} s ({self.slowest[1]}),\n"
            f"most memory {self.largest[0]:.0f} MB ({self.largest[1]})\n"
            f"{len(self.findings)} findings" + "".join(f"\n  {finding}" for finding in self.findings)
        )


def keep(folder: Path, name: str, body: bytes) -> Path:
    """Save an input that found something."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(body)
    return folder / name
