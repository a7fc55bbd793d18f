"""A time series: the notebook's way, a crop of each scene by ten threads, against one request for all of them."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np

from benchmarks.cases import NDVI
from benchmarks.load import TIMEOUT_S, ask, load
from benchmarks.place import BenchError
from benchmarks.process import Program
from benchmarks.scene import bounds_wgs84
from benchmarks.servers import SWATH, TITILER, Bench
from benchmarks.upstream import Upstream, upstream

SCENES = 85
"""As many as the notebook found."""
THREADS = 10
LATENCY_MS = 20
SIZE_DEGREES = 0.0752, 0.0645
"""Of the notebook's place, which it fetched in 64 x 64 pixels."""
SIZE = 64
STARTS = 3
BANDS = ("B04", "B08")
NUMBERS = NDVI[:3]
ONE, CROPS, PEER_CROPS = "one request", "crops of Swath", "crops of TiTiler"
GOALS = {(PEER_CROPS, "wall_ms"): 10, (PEER_CROPS, "cpu_ms"): 20, (CROPS, "cpu_ms"): 3}
"""How many times what one request takes the others should take at least."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one way of getting the whole series took, with a fresh server."""

    wall_ms: float
    cpu_ms: float


def measure_series(bench: Bench) -> dict[str, Any]:
    """Wall time and CPU of the server of each way, by turns, and how far their means are from each other."""
    with many_scenes(bench.folder) as folder, upstream(folder) as source:
        source.set_latency(LATENCY_MS)
        ways: dict[str, tuple[str, Callable[[Program, Upstream], list[float]]]] = {
            ONE: (SWATH, _ask_once),
            CROPS: (SWATH, _ask_for_each),
        }
        if bench.peer:
            ways[PEER_CROPS] = (TITILER, _ask_for_each)
        spent: dict[str, list[Spent]] = {way: [] for way in ways}
        means: dict[str, list[float]] = {}
        for _ in range(STARTS):
            for way, (name, ask_all) in ways.items():
                with bench.start(name, upstream=source.host) as server:
                    spent[way].append(_measure(server, source, ask_all))
                    means[way] = _means(server, source) if ask_all is _ask_for_each else ask_all(server, source)
    return {
        way: {
            "wall_ms": median(run.wall_ms for run in runs),
            "cpu_ms": median(run.cpu_ms for run in runs),
            "differs": float(np.abs(np.subtract(means[way], means[ONE])).max()),
        }
        for way, runs in spent.items()
    }


def _measure(server: Program, source: Upstream, ask_all: Callable[[Program, Upstream], list[float]]) -> Spent:
    cpu_ms, started = server.cpu_ms(), time.perf_counter()
    ask_all(server, source)
    return Spent(1000 * (time.perf_counter() - started), server.cpu_ms() - cpu_ms)


def _ask_once(server: Program, source: Upstream) -> list[float]:
    """The series in one request; its means by time."""
    query = urlencode((("url", source.url("/scenes.json")), *NUMBERS, ("width", SIZE), ("height", SIZE)))
    west, south, east, north = _place()
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    request = Request(
        f"{server.base}/timeseries/statistics?{query}",
        json.dumps(feature).encode(),
        {"Content-Type": "application/geo+json"},
    )
    with urlopen(request, timeout=TIMEOUT_S) as answer:
        rows = json.load(answer)["rows"]
    if len(rows) != SCENES:
        raise BenchError(f"the series has {len(rows)} of {SCENES} scenes")
    return [row["statistics"]["b1"]["mean"] for row in rows]


def _ask_for_each(server: Program, source: Upstream) -> list[float]:
    """A crop of each scene, ten at a time; what is in them is looked at when the clock is stopped."""
    load(server.base, _crops(source), clients=THREADS)
    return []


def _means(server: Program, source: Upstream) -> list[float]:
    arrays = [np.load(BytesIO(ask(server.base, path))) for path in _crops(source)]
    return [float(array[0][array[-1] != 0].mean(dtype=float)) for array in arrays]


def _crops(source: Upstream) -> list[str]:
    bounds = ",".join(f"{number:.6f}" for number in _place())
    urls = [source.url(f"/{name_of(number)}/item.json") for number in range(SCENES)]
    return [f"/stac/bbox/{bounds}/{SIZE}x{SIZE}.npy?{urlencode((('url', url), *NUMBERS))}" for url in urls]


def _place() -> tuple[float, float, float, float]:
    """West, south, east, north: about the middle of the scene, in degrees as the paths write them."""
    west, south, east, north = bounds_wgs84()
    x, y = round((west + east) / 2, 6), round((south + north) / 2, 6)
    width, height = SIZE_DEGREES
    return x, y, round(x + width, 6), round(y + height, 6)


@contextmanager
def many_scenes(scene: Path) -> Iterator[Path]:
    """A folder with the scene under many names: each has files and an item of its own for who asks over HTTP."""
    item = json.loads((scene / "item.json").read_text())
    with tempfile.TemporaryDirectory(prefix="swath-series-") as made:
        folder = Path(made)
        features = []
        for number in range(SCENES):
            (folder / name_of(number)).mkdir()
            for band in BANDS:
                (folder / name_of(number) / f"{band}.tif").symlink_to(scene / f"{band}.tif")
            (folder / name_of(number) / "item.json").write_text(json.dumps(_dated(item, number, "./")))
            features.append(_dated(item, number, f"./{name_of(number)}/"))
        (folder / "scenes.json").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        yield folder


def _dated(item: dict[str, Any], number: int, folder: str) -> dict[str, Any]:
    """The item of a day; ``folder`` leads from it to its files."""
    moment = datetime(2019, 1, 1, 8, 30, tzinfo=UTC) + timedelta(days=4 * number)
    assets = {band: {**item["assets"][band], "href": f"{folder}{band}.tif"} for band in BANDS}
    properties = {**item["properties"], "datetime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
    return {**item, "id": name_of(number), "properties": properties, "assets": assets}


def name_of(number: int) -> str:
    """Id and folder of a scene."""
    return f"scene-{number:03d}"
