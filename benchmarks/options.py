"""How much is measured: the full run of record, or a quick one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Counts and times of one run; the defaults are those of record."""

    size: int = 10980
    starts: int = 3
    """Fresh starts per server and case, each with a cold pan."""
    rounds: int = 5
    """Warm rounds per server and case, by turns."""
    step: int = 1
    """Every how many tiles of the pan are asked for; quick runs take every other."""
    round_s: float = 1
    """A warm round repeats the pan until it has lasted so long."""
    scattered: tuple[str, ...] = ("a", "d")
    """Cases that are also measured with tiles anywhere, after one start."""
    slice_s: float = 2
    """One measurement of throughput."""
    slices: int = 3
    """Measurements of throughput per server, by turns."""
    clients: tuple[int, ...] = (1, 8, 32)
    workers: tuple[int, ...] = (1, 2)
    latency_ms: float = 50


QUICK = Options(
    size=4096, step=2, starts=1, rounds=3, round_s=0.2, scattered=(), slice_s=0.7, slices=1, clients=(1, 8, 32)
)
