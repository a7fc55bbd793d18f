"""Two answers to one request: the same, better, deliberately different, or different."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from benchmarks.parity.case import Answer, Case
from benchmarks.parity.deliberate import DELIBERATE
from benchmarks.parity.difference import Deliberate, Difference
from benchmarks.parity.documents import JSON, XML, compare_json, compare_xml
from benchmarks.parity.pixels import ARRAY, LOSSY, PICTURES, compare_pixels, decode

SAME, BETTER, MEANT, DIFFERENT = "same", "better", "deliberate", "DIFFERENT"
OUTCOMES = (SAME, BETTER, MEANT, DIFFERENT)
EXPLAINED = (502, 503, 504)
"""Statuses that lay a failure at the source's door, where TiTiler says that the server is broken."""
SLOW_S = 20.0
PLACES = ("content-bbox", "content-crs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One line of the table."""

    case: Case
    theirs: Answer
    ours: Answer
    outcome: str
    differences: tuple[Difference, ...] = ()


def judge(case: Case, theirs: Answer, ours: Answer, known: dict[str, Deliberate] = DELIBERATE) -> Verdict:
    """Compare, and look up whether what differs was meant."""
    found = tuple(compare(case, theirs, ours))
    if theirs.status >= 500 and (ours.status < 500 or ours.status in EXPLAINED) and not found:
        outcome = BETTER
    elif not found:
        outcome = SAME
    elif all(_reason(case, difference, known) for difference in found):
        outcome = MEANT
    else:
        outcome = DIFFERENT
    return Verdict(case=case, theirs=theirs, ours=ours, outcome=outcome, differences=found)


def reasons(verdict: Verdict, known: dict[str, Deliberate] = DELIBERATE) -> list[str]:
    """Keys of the deliberate differences that a verdict rests on."""
    return sorted({key for one in verdict.differences if (key := _reason(verdict.case, one, known))})


def _reason(case: Case, difference: Difference, known: dict[str, Deliberate]) -> str | None:
    """The key of the first explanation that is about such requests, and about this difference."""
    for key, reason in known.items():
        covered = any(fnmatchcase(difference.aspect, pattern) for pattern in reason.covers)
        if covered and re.search(reason.where, case.text) and re.search(reason.told, difference.told):
            return key
    return None


def compare(case: Case, theirs: Answer, ours: Answer) -> Iterator[Difference]:
    """All differences; where TiTiler fails there is nothing to compare with."""
    if ours.seconds > SLOW_S:
        yield Difference("time", f"{theirs.seconds:.0f} s and {ours.seconds:.0f} s")
    if theirs.status >= 500:
        if ours.status >= 500 and ours.status not in EXPLAINED:
            yield Difference("status", f"{theirs.status} and {ours.status}")
    elif theirs.status // 100 != ours.status // 100:
        yield Difference("status", f"{theirs.status} and {ours.status}")
    elif theirs.status // 100 == 2 and case.verb != "HEAD":
        yield from _compare_bodies(case, theirs, ours)
    if ours.status >= 400 and ours.media != "application/problem+json":
        yield Difference("type", f"an error of the type {ours.media}")


def _compare_bodies(case: Case, theirs: Answer, ours: Answer) -> Iterator[Difference]:
    if theirs.media != ours.media:
        yield Difference("type", f"{theirs.media} and {ours.media}")
    for name in PLACES:
        if not _same_place(theirs.headers.get(name), ours.headers.get(name)):
            yield Difference(f"header {name}", f"{theirs.headers.get(name)} and {ours.headers.get(name)}")
    if theirs.media in (*PICTURES, ARRAY):
        pixels = [decode(answer.body, answer.media, masked=case.masked) for answer in (theirs, ours)]
        yield from compare_pixels(*pixels, lossy=theirs.media in LOSSY or ours.media in LOSSY)
    elif theirs.media in JSON:
        yield from compare_json(theirs, ours)
    elif theirs.media in XML:
        yield from compare_xml(theirs, ours)


def _same_place(theirs: str | None, ours: str | None) -> bool:
    """A header that TiTiler sends is the same in ours; numbers in it as far as they matter."""
    if theirs is None or theirs == ours:
        return True
    try:
        pairs = zip(theirs.split(","), (ours or "").split(","), strict=True)
        return all(abs(float(their) - float(our)) <= 1e-6 * max(1, abs(float(their))) for their, our in pairs)
    except ValueError:
        return False
