"""More clients than the server can serve: it goes on serving as many as it can, soon, and tells the others when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from benchmarks.cost import percentile
from benchmarks.guards.clients import Answer, crowd, run
from benchmarks.guards.row import Row
from benchmarks.guards.server import Server, serving
from benchmarks.guards.stage import Stage

LEVELS = (8, 16, 32, 64)
LEVEL_S = 6
CROWD, CROWD_S = 200, 20
SHARE, ACCEPTED_S, REFUSED_MS, MEMORY_MB = 0.95, 2, 100, 200


def measure(stage: Stage) -> Iterator[Row]:
    """Warm tiles, which 200 clients hardly overload; crops, which they do; and clients that ask again at once.

    Those take all of the cores that they share with the server, whatever it answers: their figures are told, and
    none is demanded.
    """
    with serving(stage.source.hosts, CACHE_ANSWERS_MB="0") as server:
        yield _flood(server, "tiles", stage.warm_tiles())
    with serving(stage.source.hosts, CACHE_ANSWERS_MB="0") as server:
        crops = stage.heavy_crops()
        yield _flood(server, "heavy crops", crops)
        yield _flood(server, "heavy crops, clients that never wait", crops, rude=True)


def _flood(server: Server, what: str, make_path: Callable[[], str], *, rude: bool = False) -> Row:
    run(crowd(server.base, make_path, 4, 3))
    levels = {count: _goodput(run(crowd(server.base, make_path, count, LEVEL_S)), LEVEL_S) for count in LEVELS}
    before = server.memory_mb()
    server.forget_peaks()
    answers = run(crowd(server.base, make_path, CROWD, CROWD_S, rude=rude))
    grown, best = server.grown_mb(before), max(levels.values())
    good = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if _is_refused(answer)]
    other = Counter(str(answer) for answer in answers if answer.status != 200 and not _is_refused(answer))
    share = _goodput(answers, CROWD_S) / best
    accepted_s, refused_ms = _p95(good), 1000 * _p95(refused)
    calm = share >= SHARE and accepted_s <= ACCEPTED_S and refused_ms < REFUSED_MS
    told = ", ".join(f"{count} x {name}" for name, count in other.items()) or "nothing else"
    figures = f">= {SHARE:.0%}, <= {ACCEPTED_S} s, < {REFUSED_MS} ms" if not rude else "told"
    return Row(
        demand=f"{CROWD} clients, {CROWD_S} s, {what}: goodput to the best lower level, accepted p95, refused p95, "
        "other answers, memory",
        demanded=f"{figures}, nothing else, <= {MEMORY_MB} MB",
        seen=f"{share:.0%}, {accepted_s:.2f} s, {refused_ms:.0f} ms of {len(refused)}, {told}, {grown:.0f} MB",
        held=(calm or rude) and not other and grown <= MEMORY_MB,
        details=(f"per second by clients: { {**levels, CROWD: _goodput(answers, CROWD_S)} }",),
    )


def _is_refused(answer: Answer) -> bool:
    """Whether it says when to come again."""
    return answer.status == 503 and answer.retry_after_s > 0


def _goodput(answers: list[Answer], seconds: float) -> float:
    """Good answers per second that came within the time; those under way at its end do not count."""
    start = min(answer.started for answer in answers)
    in_time = [each for each in answers if each.status == 200 and each.started + each.seconds <= start + seconds]
    return round(len(in_time) / seconds, 1)


def _p95(answers: list[Answer]) -> float:
    return percentile([answer.seconds for answer in answers], 95) if answers else 0.0
