"""Hours of honest and faulty traffic: does anything grow? ``python -m benchmarks.soak --minutes 30``.

The caches are small, so that they are full after the warm-up, and what still grows is a leak.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import click
import numpy as np

from benchmarks.cases import CASES, paths
from benchmarks.guards.clients import Caller, run
from benchmarks.guards.server import Server, serving
from benchmarks.guards.stage import Stage, stage
from benchmarks.guards.upstreams import in_json
from benchmarks.place import BenchError
from benchmarks.tiles import scattered
from tests.upstream_faults import ASSET_FAULTS, ITEM_FAULTS

SLOPE_MB_H = 5
GROWN_MAX = 3
"""Descriptors, and threads, of a worker may differ by so many from one moment to the next."""
WARM_UP_SHARE = 1 / 3
SAMPLE_S = 1
CACHES = {"CACHE_ITEMS_MB": "4", "CACHE_HEADERS_MB": "8", "CACHE_BLOCKS_MB": "32", "CACHE_ANSWERS_MB": "8"}
HONEST, FAULTY, LEAVING = 4, 3, 2
NAMES = 500
"""Different items; by the time one comes again, it has been forgotten."""
KINDS = "abcdefgh"
NONSENSE = (
    "/stac/tiles/WebMercatorQuad/99/0/0.png?url=x",
    "/stac/preview.png?url=http://10.0.0.1/a.json",
    "/cog/preview.png?url=/etc/passwd",
    "/nowhere",
    "/stac/point/1000,1000?url=x",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A moment: seconds since the start; memory of all workers in MiB; descriptors and threads of all workers."""

    at_s: float
    memory_mb: float
    descriptors: int
    threads: int


@click.command()
@click.option("--minutes", default=30.0, show_default=True, help="A third of it is warm-up.")
def main(minutes: float) -> None:
    """Ask for a long time, and tell what grew; ends with status 1 when it is too much."""
    try:
        with stage() as ground, serving(ground.source.hosts, UPSTREAM_TIMEOUT_S="1", **CACHES) as server:
            samples, answers = run(_soak(ground, server, 60 * minutes))
    except BenchError as err:
        sys.exit(f"soak: {err}")
    click.echo(f"{answers.total()} answers: {', '.join(f'{n} x {name}' for name, n in sorted(answers.items()))}")
    sys.exit(_judge(samples))


def _judge(samples: list[Sample]) -> int:
    """Print slopes after the warm-up, and give the exit status."""
    kept = [sample for sample in samples if sample.at_s >= WARM_UP_SHARE * samples[-1].at_s]
    still = _quiet(kept)
    slope, error = slope_per_hour([s.at_s for s in still], [s.memory_mb for s in still])
    quarter = max(1, len(kept) // 4)
    grown = {
        name: int(np.median([getattr(s, name) for s in kept[-quarter:]]))
        - int(np.median([getattr(s, name) for s in kept[:quarter]]))
        for name in ("descriptors", "threads")
    }
    held = slope <= SLOPE_MB_H and all(growth <= GROWN_MAX for growth in grown.values())
    click.echo(
        f"memory {still[0].memory_mb:.1f} -> {still[-1].memory_mb:.1f} MB: {slope:+.1f} MB/h (error {error:.1f}),"
    )
    click.echo(f"at most {SLOPE_MB_H}; descriptors {grown['descriptors']:+d}, threads {grown['threads']:+d}, at most")
    click.echo(f"{GROWN_MAX}: {'held' if held else 'NOT HELD'}")
    return 0 if held else 1


def _quiet(samples: list[Sample]) -> list[Sample]:
    """Of each minute the one with the least memory: what the pictures under way take comes and goes."""
    minutes: dict[int, list[Sample]] = {}
    for sample in samples:
        minutes.setdefault(int(sample.at_s / 60), []).append(sample)
    return [min(each, key=lambda sample: sample.memory_mb) for each in minutes.values()]


def slope_per_hour(at_s: list[float], values: list[float]) -> tuple[float, float]:
    """Least squares: growth per hour, and its standard error."""
    hours, seen = np.asarray(at_s) / 3600, np.asarray(values)
    fit, covariance = np.polyfit(hours, seen, 1, cov="unscaled")
    residual = seen - np.polyval(fit, hours)
    variance = residual @ residual / max(1, len(seen) - 2)
    return float(fit[0]), float(np.sqrt(variance * covariance[0, 0]))


async def _soak(ground: Stage, server: Server, seconds: float) -> tuple[list[Sample], Counter[str]]:
    chance, answers, end = random.Random(1), Counter[str](), time.monotonic() + seconds
    faults = _prepare(ground)
    workers = set(server.workers())
    clients = [
        *(_honest(ground, server, chance, answers, end) for _ in range(HONEST)),
        *(_faulty(server, faults, chance, answers, end) for _ in range(FAULTY)),
        *(_leaving(ground, server, chance, end) for _ in range(LEAVING)),
    ]
    samples, *_ = await asyncio.gather(_sample(server, end), *clients)
    if set(server.workers()) != workers:
        raise BenchError("a worker was replaced meanwhile")
    return samples, answers


async def _sample(server: Server, end: float) -> list[Sample]:
    started, samples = time.monotonic(), []
    while (now := time.monotonic()) < end:
        pids = server.workers()
        samples.append(
            Sample(now - started, sum(server.memory_mb().values()), _count(pids, "fd"), _count(pids, "task"))
        )
        if len(samples) % 60 == 0:
            click.echo(f"  {samples[-1]}", err=True)
        await asyncio.sleep(SAMPLE_S)
    return samples


def _count(pids: list[int], what: str) -> int:
    return sum(len(list(Path(f"/proc/{pid}/{what}").iterdir())) for pid in pids)


def _prepare(ground: Stage) -> list[str]:
    """Make the upstream misbehave in every way; gives the URLs of items, each on a host of its own."""
    items = []
    for kind, faults in (("item.json", ITEM_FAULTS), ("B04.tif", ASSET_FAULTS)):
        for how, _ in faults.values():
            name, host = f"/~soak{len(items)}", len(items) % 59 + 1
            ground.source.fault(f"{name}/{kind}", **in_json(how))
            items.append(ground.source.url(f"{name}/item.json", host))
    return items


async def _honest(ground: Stage, server: Server, chance: random.Random, answers: Counter[str], end: float) -> None:
    """Every kind of request, anywhere in many scenes."""
    places, caller = scattered(200), Caller(server.base)
    while time.monotonic() < end:
        item = ground.source.url(f"/~honest{chance.randrange(NAMES)}/item.json", chance.randrange(1, 60))
        path = paths(CASES[chance.choice(KINDS)], item, [chance.choice(places)])[0]
        answers[str(await caller.get(path))] += 1
        await asyncio.sleep(0.01)
    caller.leave()


async def _faulty(server: Server, items: list[str], chance: random.Random, answers: Counter[str], end: float) -> None:
    """Sources that fail, and requests that are wrong."""
    caller = Caller(server.base)
    while time.monotonic() < end:
        item = quote(chance.choice(items), safe="")
        tile = f"/stac/tiles/WebMercatorQuad/9/300/210.png?url={item}&assets=B04&rescale=0,{chance.random()}"
        answers[str(await caller.get(chance.choice((tile, *NONSENSE)))) + " (faulty)"] += 1
        await asyncio.sleep(0.02)
    caller.leave()


async def _leaving(ground: Stage, server: Server, chance: random.Random, end: float) -> None:
    """Clients that leave after a while, at whatever the server does then."""
    while time.monotonic() < end:
        caller = Caller(server.base)
        asked = asyncio.create_task(caller.get(ground.cold_tile("left", chance.randrange(1, 60))))
        await asyncio.sleep(chance.random() * 0.1)
        asked.cancel()
        caller.leave()
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    main()
