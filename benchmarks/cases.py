"""What is asked: eight usual requests, each with its goals. Both servers get the very same paths and queries."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice, permutations
from urllib.parse import urlencode

from benchmarks.tiles import Tile

RGB = (("assets", "B04"), ("assets", "B03"), ("assets", "B02"), ("rescale", "0,3000"))
FORMULA = "Gamma RGB 1.5 Saturation 1.2 Sigmoidal RGB 6 0.35"
NDVI = (("assets", "B08"), ("assets", "B04"), ("expression", "(b1-b2)/(b1+b2)"), ("rescale", "-1,1"))
VIRIDIS = ("colormap_name", "viridis")
BANDS = ("B02", "B03", "B04", "B08")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind of request; goals are how many times less CPU than TiTiler, None where none is set."""

    key: str
    title: str
    kind: str = "tile"
    extension: str = "png"
    query: tuple[tuple[str, str], ...]
    goal_cold: float | None
    goal_warm: float


CASES = {
    case.key: case
    for case in (
        Case(key="a", title="true colour, 3 assets, PNG", query=RGB, goal_cold=10, goal_warm=30),
        Case(
            key="b",
            title="the same + colour formula",
            query=(*RGB, ("color_formula", FORMULA)),
            goal_cold=10,
            goal_warm=35,
        ),
        Case(key="c", title="NDVI, viridis, PNG", query=(*NDVI, VIRIDIS), goal_cold=10, goal_warm=30),
        Case(
            key="d",
            title="one band, viridis, PNG",
            query=(("assets", "B04"), ("rescale", "0,3000"), VIRIDIS),
            goal_cold=10,
            goal_warm=25,
        ),
        Case(
            key="e",
            title="visual (JPEG COG) to JPEG",
            extension="jpg",
            query=(("assets", "visual"),),
            goal_cold=7,
            goal_warm=20,
        ),
        Case(key="f", title="crop 64 x 64 .npy, 3 assets", kind="crop", query=RGB[:3], goal_cold=8, goal_warm=30),
        Case(
            key="g",
            title="point, 4 assets",
            kind="point",
            query=tuple(("assets", band) for band in BANDS),
            goal_cold=3.5,
            goal_warm=35,
        ),
        Case(key="h", title="tilejson", kind="tilejson", query=(), goal_cold=None, goal_warm=50),
    )
}


def paths(case: Case, item: str, places: list[Tile]) -> list[str]:
    """One path with its query for each place.

    Args:
        item: What ``url=`` says.
        places: Tiles; a crop is the middle of one in the same resolution, a point its centre.
    """
    url = ("url", item)
    if case.kind == "tilejson":
        subsets = cycle(subset for count in (1, 3) for subset in permutations(BANDS, count))
        queries = [urlencode((url, *(("assets", name) for name in names))) for names in islice(subsets, len(places))]
        return [f"/stac/WebMercatorQuad/tilejson.json?{query}" for query in queries]
    query = urlencode((url, *case.query))
    return [f"{_path(case, place)}?{query}" for place in places]


def _path(case: Case, place: Tile) -> str:
    if case.kind == "point":
        lon, lat = place.centre
        return f"/stac/point/{lon:.6f},{lat:.6f}"
    if case.kind == "crop":
        return f"/stac/bbox/{','.join(f'{number:.6f}' for number in place.middle)}/64x64.npy"
    return f"/stac/tiles/WebMercatorQuad/{place.z}/{place.x}/{place.y}.{case.extension}"
