"""The campaign of mutated TIFFs: each is served by a real process, and every answer is judged."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random

import requests

from tests.fuzz.judge import SLOW_S, Tally, faults_of, keep
from tests.fuzz.tiffs import Seed, mutate, questions, seeds
from tests.fuzz.watched import WatchedServer, watched

SMALL = {"SWATH_CACHE_BLOCKS_MB": "16", "SWATH_CACHE_HEADERS_MB": "4", "SWATH_CACHE_ANSWERS_MB": "4"}
"""Caches that are full soon, so that what a request takes is not hidden in their growth."""

all_seeds = cache(seeds)


def hostile_raster(number: int) -> tuple[Seed, bytes, Random]:
    """The mutated file of a number; the same for ever, and its random source for the questions."""
    random = Random(number)
    seed = random.choice(all_seeds())
    return seed, mutate(seed.body, random), random


def run_rasters(numbers: Sequence[int], driver: str, saved: Path) -> Tally:
    """Serve the mutated files of some numbers with a driver, and judge the answers; a crash ends no campaign."""
    tally, left = Tally(), list(numbers)
    while left:
        with (
            tempfile.TemporaryDirectory(prefix="swath-fuzz-") as folder,
            watched(saved / f"{driver}.log", SWATH_DATA_ROOT=folder, SWATH_DRIVER=driver, **SMALL) as server,
        ):
            while left and serve_one(server, Path(folder), left.pop(0), tally, driver, saved):
                pass
    return tally


def serve_one(server: WatchedServer, folder: Path, number: int, tally: Tally, driver: str, saved: Path) -> bool:
    """Ask all questions about one file; False when the server is not fit for another one."""
    seed, body, random = hostile_raster(number)
    path = folder / f"{number}.tif"
    path.write_bytes(body)
    tally.inputs += 1
    try:
        for question, query in questions(seed, random):
            what = f"{driver} {number} {seed.name} {question} {query}"
            if not ask(server, question, {**query, "url": path.name}, what, tally):
                keep(saved, f"{number}.tif", body)
                return False
    finally:
        if any(finding.startswith(f"{driver} {number} ") for finding in tally.findings):
            keep(saved, f"{number}.tif", body)
        path.unlink()
    return True


def ask(server: WatchedServer, path: str, query: dict[str, str], what: str, tally: Tally) -> bool:
    """Ask one question and note what is wrong with the answer; False when the server is lost or busy for ever."""
    try:
        seen = server.ask(path, **query)
    except (requests.RequestException, OSError) as error:
        tally.findings.append(f"{what}: no answer, {type(error).__name__}, exit status {server.process.poll()}")
        return False
    tally.note(seen, what)
    tally.findings += [f"{what}: {fault}" for fault in faults_of(seen)]
    if seen.lasted_s > SLOW_S and not server.is_idle_soon():
        tally.findings.append(f"{what}: still busy after its answer {seen.answer.status_code}")
        return False
    return True
