"""The long run: ``python -m tests.fuzz --calls 10000 --files 10000 --seed 0``; ends with 1 when something was found."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.fuzz.api import run_api
from tests.fuzz.campaigns import run_items
from tests.fuzz.judge import Tally
from tests.fuzz.rasters import run_rasters
from tests.fuzz.watched import watched


def main() -> int:
    """Run all campaigns, two at a time, and tell what they saw."""
    asked = _arguments()
    numbers = range(asked.seed, asked.seed + asked.files)
    campaigns: dict[str, Callable[[], Tally]] = {
        "rasters, driver auto": lambda: run_rasters(numbers, "auto", asked.saved),
        "rasters, driver gdal": lambda: run_rasters(numbers, "gdal", asked.saved),
        "items": lambda: run_items(numbers, asked.saved),
        "api": lambda: _api(asked.calls, asked.seed, asked.saved),
    }
    with ThreadPoolExecutor(2) as pool:
        tallies = list(pool.map(_timed, campaigns, campaigns.values()))
    found = sum(len(tally.findings) for tally in tallies)
    if found:
        print(f"{found} findings; the files are in {asked.saved}, each named by its seed.")
    return int(bool(found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--calls", type=int, default=10_000, help="calls made up from the OpenAPI document")
    parser.add_argument("--files", type=int, default=10_000, help="mutated rasters, for each driver, and items")
    parser.add_argument("--seed", type=int, default=0, help="number of the first file")
    parser.add_argument("--saved", type=Path, default=Path("build/fuzz"), help="folder of what found something")
    return parser.parse_args()


def _timed(name: str, campaign: Callable[[], Tally]) -> Tally:
    started = time.monotonic()
    tally = campaign()
    print(f"{name}: {tally.report()}\n  in {time.monotonic() - started:.0f} s", flush=True)
    return tally


def _api(calls: int, seed: int, saved: Path) -> Tally:
    small = {"SWATH_CACHE_BLOCKS_MB": "16", "SWATH_CACHE_ANSWERS_MB": "4"}
    with watched(saved / "api.log", "--sample", **small) as server:
        return run_api(server, calls, seed)


if __name__ == "__main__":
    sys.exit(main())
