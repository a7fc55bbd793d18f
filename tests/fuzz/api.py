"""Calls that schemathesis makes up from the server's own OpenAPI document, some of them with parameters that reach deep."""

from __future__ import annotations

from random import Random
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from schemathesis.core.failures import Failure, FailureGroup

from tests.fuzz.judge import Tally, faults_of
from tests.fuzz.watched import PATIENCE_S, WatchedServer
from tests.geojson import box, collection, feature, star

GOOD: dict[str, tuple[Any, ...]] = {
    "assets": (["B04"], ["B04", "B03", "B02"], ["visual"], ["B04|bidx=1"], [":all:"]),
    "expression": ("B08-B04", "(B08-B04)/(B08+B04)", "b1*2", "where(b1>3,1,0)"),
    "rescale": (["0,3000"], ["0,1", "0,2", "0,3"]),
    "color_formula": ("gamma R 2", "gamma RGB 3.5, saturation 1.7, sigmoidal RGB 15 0.35"),
    "colormap_name": ("viridis", "terrain"),
    "colormap": ('{"1": "#ff0000"}', "[[[0, 10], [1, 2, 3]]]"),
    "dst_crs": ("EPSG:4326", "EPSG:3857", "EPSG:32636", "EPSG:3413"),
    "coord_crs": ("EPSG:4326", "EPSG:3857"),
    "nodata": ("0", "nan"),
    "format": ("png", "npy", "tif", "webp", "avif", "npz", "jp2", "pngraw", "csv"),
    "p": (["5", "95"], ["0", "100"]),
    "histogram_bins": ("7", "0,100,2000"),
    "histogram_range": ("0,1000",),
    "c": (["4"], ["5", "6"]),
}
"""Values that make sense for the sample, put in place of some of those made up."""
IN_PATH = {"z": ("13", "0", "8"), "x": ("4797", "0", "149"), "y": ("3391.png", "0", "105@2x"), "tms": ("WebMercatorQuad", "UTM31WGS84Quad"),
           "bbox": ("30.80,29.45,30.88,29.52.png", "30,29,31,30"), "size": ("64x64.png", "300x10"), "point": ("30.85,29.48",),
           "ds": ("stac", "cog"), "format": ("png", "npy", "jpg")}  # fmt: skip


BODIES = (
    feature(star(30.80, 29.44, 30.90, 29.53)),
    feature(box(30.84, 29.47, 30.85, 29.48), name="field"),
    collection(feature(box(30.84, 29.47, 30.85, 29.48)), feature(box(0, 0, 1, 1))),
)
"""GeoJSON inside the sample's scenes, and beside them."""

ROUNDS_MAX = 20
"""Operations without parameters are soon asked in every way; the others make up for them in further rounds."""


def run_api(server: WatchedServer, examples: int, seed: int) -> Tally:
    """Make about ``examples`` calls, spread over all operations, and judge the answers."""
    document = requests.get(f"{server.base}/openapi.json", timeout=30).json()
    schema = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations()]
    tally, deep = Tally(inputs=len(operations)), Random(seed)
    for again in range(ROUNDS_MAX):
        left = examples - tally.calls
        for operation in operations if left > 0 else ():
            _run_operation(operation, server, tally, -(-left // len(operations)), deep, seed + again)
    return tally


def _run_operation(operation: Any, server: WatchedServer, tally: Tally, examples: int, deep: Random, seed: int) -> None:
    urls = _urls(operation)

    def call(case: Any) -> None:
        _deepen(case, urls, deep)
        seen = server.send(
            lambda session: session.request(**case.as_transport_kwargs(base_url=server.base), timeout=PATIENCE_S)
        )
        what = f"api {operation.method} {operation.path} {case.path_parameters} {case.query} {case.body!r:.80}"
        tally.note(seen, what)
        tally.findings += [f"{what}: {fault}" for fault in [*faults_of(seen), *_breaches(case, seen.answer)]]

    often = settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate],
                     verbosity=Verbosity.quiet, suppress_health_check=list(HealthCheck))  # fmt: skip
    seeded(seed)(often(given(operation.as_strategy())(call)))()


def _urls(operation: Any) -> tuple[str, ...]:
    parameters = operation.definition.raw.get("parameters", ())
    examples = next((p["examples"] for p in parameters if p["name"] == "url" and "examples" in p), {})
    return tuple(example["value"] for example in examples.values())


def _deepen(case: Any, urls: tuple[str, ...], random: Random) -> None:
    """Put sensible values in place of some that were made up: most made-up calls end at their first parameter."""
    if random.random() < 0.15:
        return
    case.query = {name: value for name, value in (case.query or {}).items() if name in GOOD or random.random() < 0.3}
    for name, values in GOOD.items():
        if (name in case.query and random.random() < 0.8) or random.random() < 0.1:
            case.query[name] = random.choice(values)
    for name in case.path_parameters or {}:
        if name in IN_PATH and random.random() < 0.8:
            case.path_parameters[name] = random.choice(IN_PATH[name])
    if "requestBody" in case.operation.definition.raw and random.random() < 0.8:
        case.body = random.choice(BODIES)
    if urls:
        case.query["url"] = urls[(case.path_parameters or {}).get("ds") == "cog"]


def _breaches(case: Any, answer: requests.Response) -> list[str]:
    """What the answer has that the document does not tell of."""
    try:
        case.operation.validate_response(answer)
    except (Failure, FailureGroup) as error:
        return [f"not as documented: {answer.status_code} {str(error)[:300]!r}"]
    return []
