"""Campaigns over items: each mutated document is read by a real process, and every answer is judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.fuzz.items import QUESTIONS, hostile_item
from tests.fuzz.judge import Tally, keep
from tests.fuzz.rasters import SMALL, ask
from tests.fuzz.tiffs import write
from tests.fuzz.watched import WatchedServer, watched


def run_items(numbers: Sequence[int], saved: Path) -> Tally:
    """Serve the mutated items of some numbers, and judge the answers."""
    tally, left = Tally(), list(numbers)
    while left:
        with (
            TemporaryDirectory(prefix="swath-fuzz-") as folder,
            watched(saved / "items.log", SWATH_DATA_ROOT=folder, **SMALL) as server,
        ):
            (Path(folder) / "good.tif").write_bytes(write("deflate-tiles", "overviews"))
            while left and _serve_one(server, Path(folder), left.pop(0), tally, saved):
                pass
    return tally


def _serve_one(server: WatchedServer, folder: Path, number: int, tally: Tally, saved: Path) -> bool:
    body, before = hostile_item(number), len(tally.findings)
    path = folder / f"{number}.json"
    path.write_bytes(body)
    tally.inputs += 1
    asked = Random(number).sample(QUESTIONS, 3)
    assets = {"assets": Random(number).choice(("B04", ":all:", "red"))}
    try:
        return all(
            ask(server, question, {"url": path.name, **({} if "tiles/" not in question else assets)},
                f"items {number} {question}", tally)
            for question in asked
        )  # fmt: skip
    finally:
        if len(tally.findings) > before:
            keep(saved, path.name, body)
        path.unlink()
