"""What a caller can get wrong, one by one: the status, the value that is wrong, and what to write instead."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import requests
from rasterio.transform import from_bounds

from app.settings import Settings
from tests.offline import offline
from tests.problems import problem_of
from tests.serving import serving
from tests.upstream import Upstream, upstream

BOX = "/cog/crop/10,50,11,51.png"
TILE = "/cog/tiles/8/135/86"


@dataclass(frozen=True)
class Case:
    """One mistake.

    Attributes:
        path: Of the request.
        query: Its parameters; ``@name`` in a value is the URL of a file of the upstream.
        status: Expected.
        slug: Expected ``type``.
        told: Every one of these stands in ``detail``: the value, and the remedy.
        at_fault: Names in ``errors``, where a parameter is at fault.
    """

    path: str
    query: dict[str, Any]
    status: int
    slug: str
    told: tuple[str, ...]
    at_fault: tuple[str, ...] = field(default=())


def wrong(
    path: str, query: dict[str, Any], *told: str, status: int = 400, slug: str = "invalid-parameter", at: str = ""
) -> Any:
    case = Case(path, query, status, slug, told, (at,) if at else ())
    return pytest.param(case, id=f"{path} {json.dumps(query, ensure_ascii=True)}"[:120])


def wrong_type(path: str, query: dict[str, Any], *told: str, at: str = "") -> Any:
    return wrong(path, query, *told, status=422, slug="invalid-type", at=at)


def too_much(path: str, query: dict[str, Any], *told: str, at: str = "") -> Any:
    return wrong(path, query, *told, slug="limit-exceeded", at=at)


def unusable(path: str, query: dict[str, Any], *told: str) -> Any:
    return wrong(path, query, *told, status=424, slug="upstream-unusable")


def outside(path: str, query: dict[str, Any], *told: str) -> Any:
    return wrong(path, query, *told, status=404, slug="out-of-bounds")


def stac(**query: Any) -> dict[str, Any]:
    return {"url": "@item.json", **query}


def cog(**query: Any) -> dict[str, Any]:
    return {"url": "@a.tif", **query}


URL = [
    *[
        wrong_type(path, {}, "url is missing", "url=https://", at="url")
        for path in (
            "/stac/preview.png",
            "/stac/info",
            "/stac/assets",
            "/stac/bounds",
            "/stac/tilejson.json",
            "/stac/tiles/8/135/86",
            "/stac/point/10,50",
            "/cog/info",
            BOX,
        )
    ],
    wrong_type("/stac/preview.png", {"url": ""}, "url is missing", at="url"),
    wrong("/stac/preview.png", {"url": "hello"}, "SWATH_DATA_ROOT", status=403, slug="source-not-allowed"),
    wrong(
        "/stac/preview.png",
        {"url": "ftp://x.org/a"},
        "ftp: is not a scheme",
        "https",
        status=403,
        slug="source-not-allowed",
    ),
    wrong("/stac/preview.png", {"url": "http://"}, "no host", status=403, slug="source-not-allowed"),
    wrong(
        "/stac/preview.png",
        {"url": "https://not.there.example/item.json"},
        "not.there.example cannot be looked up",
        status=502,
        slug="upstream-failed",
    ),
    wrong(
        "/stac/preview.png",
        {"url": "@nothing.json"},
        "127.0.0.1 has no such document (404)",
        status=404,
        slug="not-found",
    ),
    unusable("/cog/preview.png", {"url": "@nothing.tif"}, "127.0.0.1 has no such file (404)"),
]
DOCUMENTS = [
    unusable("/stac/preview.png", {"url": "@page.html"}, "not JSON", "<html>", "a STAC item is needed"),
    unusable("/stac/preview.png", {"url": "@empty.json"}, "empty", "a STAC item is needed"),
    unusable("/stac/preview.png", {"url": "@a.tif"}, "a TIFF, not a STAC item", "/cog"),
    unusable("/stac/preview.png", {"url": "@list.json"}, "a list", "STAC item"),
    unusable("/stac/preview.png", {"url": "@text.json"}, "a text", "STAC item"),
    unusable("/stac/preview.png", {"url": "@null.json"}, "null", "STAC item"),
    unusable("/stac/preview.png", {"url": "@feature.json"}, "not a STAC item", "'assets'", "Give the URL of an item"),
    unusable(
        "/stac/preview.png", {"url": "@features.json"}, "FeatureCollection of 4 items (p, q, r …)", "URL of one item"
    ),
    unusable("/stac/preview.png", {"url": "@one.json"}, "FeatureCollection of 1 item (p)", "URL of one item"),
    unusable("/stac/preview.png", {"url": "@none.json"}, "FeatureCollection without items"),
    unusable(
        "/stac/preview.png", {"url": "@collection.json"}, "STAC Collection, not an item", "URL of one of its items"
    ),
    unusable("/stac/preview.png", {"url": "@catalog.json"}, "STAC Catalog, not an item", "URL of one of its items"),
    unusable("/stac/preview.png", {"url": "@huge.json"}, "larger than 8 MiB", "SWATH_ITEM_MAX_MB"),
    wrong(
        "/stac/preview.png",
        {"url": "@slow.json"},
        "silent for 0.3 s",
        "SWATH_UPSTREAM_TIMEOUT_S",
        status=504,
        slug="deadline-exceeded",
    ),
    wrong("/stac/preview.png", {"url": "@dripping.json"}, "within 1 s", status=504, slug="deadline-exceeded"),
    unusable("/cog/preview.png", {"url": "@item.json"}, "item.json is not a GeoTIFF"),
    unusable("/cog/preview.png", {"url": "@page.html"}, "page.html is not a GeoTIFF"),
    unusable("/cog/preview.png", {"url": "@empty.tif"}, "empty.tif is not a GeoTIFF"),
]
ASSETS = [
    wrong("/stac/preview.png", stac(), "assets=", "expression=", "item 'it' has a, b, rgb, f", at="assets"),
    wrong(
        "/stac/preview.png",
        stac(assets="B4"),
        "'B4' is not in item 'it'",
        "it has a, b, rgb, f",
        status=404,
        slug="asset-not-found",
        at="assets",
    ),
    wrong(
        "/stac/tilejson.json",
        stac(assets="rbg"),
        "'rbg'",
        "Did you mean 'rgb'?",
        status=404,
        slug="asset-not-found",
        at="assets",
    ),
    wrong(
        "/stac/info", stac(assets="B4"), "'B4'", "it has a, b, rgb, f", status=404, slug="asset-not-found", at="assets"
    ),
    wrong("/stac/preview.png", stac(assets="a|bidx"), "the option 'bidx'", "bidx=1,2", at="assets"),
    wrong("/stac/point/10.5,50.5", stac(assets="x" * 200), "x…'", status=404, slug="asset-not-found", at="assets"),
    wrong(
        "/stac/preview.png",
        stac(assets="thumbnail"),
        "'thumbnail' is image/jpeg, not a GeoTIFF",
        "has a, b, rgb, f",
        at="assets",
    ),
    wrong(
        "/stac/preview.png",
        stac(assets="picture"),
        "'picture' is a thumbnail, not a GeoTIFF",
        "has a, b, rgb, f",
        at="assets",
    ),
    wrong(
        "/stac/preview.png",
        stac(assets="notes"),
        "'notes' is a .xml file, not a GeoTIFF",
        "has a, b, rgb, f",
        at="assets",
    ),
    wrong(
        "/stac/info",
        {"url": "@labels.json"},
        "no GeoTIFF among its assets (labels is application/geo+json)",
        at="assets",
    ),
    wrong("/stac/info", {"url": "@bare.json"}, "'bare' has no assets", at="assets"),
    unusable("/stac/preview.png", stac(assets="gone"), "Asset 'gone': 127.0.0.1 has no such file (404)"),
    unusable("/stac/preview.png", stac(assets="fake"), "Asset 'fake': page.html is not a GeoTIFF"),
    wrong("/stac/preview.png", stac(assets="a|colour=1"), "'colour=1'", "bidx=1,2", at="assets"),
    wrong("/stac/preview.png", stac(assets="a|bidx=9"), "'a' has no band 9", "1 band, b1"),
    wrong("/stac/preview.png", stac(assets="rgb", bidx="4"), "'rgb' has no band 4", "3 bands, b1 to b3"),
    wrong_type("/stac/preview.png", stac(assets="a", bidx="0"), "bidx='0'", "bidx=1,2", at="bidx"),
    wrong_type("/stac/preview.png", stac(assets="a", bidx="red"), "bidx='red'", "bidx=1,2", at="bidx"),
    wrong("/stac/preview.png", stac(asset_bidx="a"), "asset_bidx='a'", "B04|1", at="asset_bidx"),
    wrong("/cog/preview.png", cog(bidx=2), "'a.tif' has no band 2", "1 band, b1"),
    too_much("/stac/preview.png", {"url": "@many.json", "assets": ":all:"}, "17 assets", "16", "SWATH_ASSETS_MAX"),
]


def bad_math(expression: str, *told: str, position: int | None = None) -> Any:
    at = () if position is None else (f"position {position}",)
    return wrong(
        "/stac/preview.png", stac(expression=expression), *at, *told, slug="invalid-expression", at="expression"
    )


EXPRESSIONS = [
    bad_math("(a-b", "add a ')'", position=0),
    bad_math("a-", "missing after '-'", position=2),
    bad_math("a b", "operator is missing before 'b'", position=2),
    bad_math("a+foo(b)", "'foo'", "did you mean floor", "sqrt", position=2),
    bad_math("a**99", "at most 16", position=3),
    bad_math("a+'x'", "names are written bare", position=2),
    bad_math("1+1", "names no band", "(B08-B04)/(B08+B04)", position=0),
    bad_math("  ", "empty", "(B08-B04)/(B08+B04)"),
    bad_math("a-c", "'c' is not in item 'it'", "it has a, b, rgb, f"),
    bad_math("b1+b2", "'b1' is not in item 'it'"),
    bad_math("a;" * 20, "more than 8 outputs", position=15),
    bad_math("a" * 3000, "longer than 2048", position=2048),
    wrong(
        "/cog/preview.png",
        cog(expression="B04*2"),
        "'B04' is not a band",
        "b1, b2, b3",
        slug="invalid-expression",
        at="expression",
    ),
    wrong("/cog/preview.png", cog(expression="b1+b2"), "'a.tif' has no band 2", "1 band, b1"),
    wrong(
        "/stac/tilejson.json",
        stac(expression="a-c"),
        "'c' is not in item 'it'",
        slug="invalid-expression",
        at="expression",
    ),
]
STYLES = [
    *[
        wrong("/cog/preview.png", cog(rescale=text), f"rescale='{text}'", "rescale=0,3000", at="rescale")
        for text in ("a", "1", "0,", "1,2,3", "nan,1", "0,inf", "1e400,2", "0;1", ",,", "[[0,1],[0")
    ],
    wrong("/cog/preview.png", cog(rescale="10,0"), "rescale='10,0'", "low below high", at="rescale"),
    wrong("/cog/preview.png", cog(rescale="5,5"), "rescale='5,5'", "low below high", at="rescale"),
    wrong(
        "/cog/preview.png",
        cog(bidx="1,1,1", rescale="0,1,0,2"),
        "rescale='0,1,0,2'",
        "2 ranges for 3 bands;",
        "one per band",
        at="rescale",
    ),
    wrong(
        "/cog/preview.png",
        cog(colormap_name="viridiss"),
        "colormap_name='viridiss'",
        "did you mean viridis, ",
        at="colormap_name",
    ),
    wrong("/cog/preview.png", cog(color_map="virdis"), "color_map='virdis'", "did you mean viridis, ", at="color_map"),
    wrong("/cog/preview.png", cog(colormap_name="zzz"), "'zzz'", "try viridis", at="colormap_name"),
    *[
        wrong("/cog/preview.png", cog(colormap=text), text, '{"1": "#ff0000"', at="colormap")
        for text in (
            "{",
            "{}",
            "[]",
            "null",
            '{"a":"#fff"}',
            '{"1":"#zz"}',
            '{"1":[1,2]}',
            '{"1":null}',
            '[[[3,2],"#000"]]',
            '{"nan":"#fff"}',
        )
    ],
    wrong("/cog/preview.png", cog(colormap='{"1":[1,2,3,999]}'), "999", "0 to 255", at="colormap"),
    wrong("/stac/preview.png", stac(assets="rgb", colormap_name="viridis"), "one band", "this picture has 3", "bidx"),
    wrong("/cog/preview.png", cog(color_formula="gama R 3"), "'gama'", "did you mean 'gamma'", at="color_formula"),
    *[
        wrong(
            "/cog/preview.png",
            cog(color_formula=text),
            f"'{text}'",
            "gamma RGB 3.5, saturation 1.7",
            at="color_formula",
        )
        for text in (
            "gamma",
            "gamma R",
            "gamma R x",
            "gamma XYZ 3",
            "gamma R -1",
            "gamma R nan",
            "sigmoidal R 15",
            "saturation",
            "saturation 1 2",
            ",,",
            "sigmoidal R 3 7",
        )
    ],
    wrong("/cog/preview.png", cog(color_formula="saturation 2"), "three bands", "not 1", at="color_formula"),
    wrong(
        "/cog/preview.png",
        {"url": "@f.tif", "color_formula": "gamma R 2"},
        "float32",
        "rescale=low,high",
        at="color_formula",
    ),
]
PLACES = [
    *[
        wrong(f"/cog/{word}/{box}.png", cog(), box, "minx < maxx", at="bbox")
        for word in ("crop", "bbox")
        for box in ("11,50,10,51", "10,51,11,50", "10,50,10,50")
    ],
    *[
        wrong(f"/cog/crop/{box}.png", cog(), box, "not finite", "30.8,29.4", at="bbox")
        for box in ("nan,50,11,51", "10,50,inf,51", "10,50,11,1e999")
    ],
    *[
        wrong(f"/cog/crop/{box}.png", cog(), box, "not on earth", at="bbox")
        for box in ("10,95,11,96", "10,-91,11,51", "-1000,50,11,51")
    ],
    *[
        wrong_type(f"/cog/crop/{box}.png", cog(), "4 numbers", "30.8,29.4,30.9,29.5", at="bbox")
        for box in ("1,2,3", "1,2,3,4,5", "a,b,c,d", "10;50;11;51", "")
    ],
    outside("/cog/crop/-70,-50,-69,-49.png", cog(), "longitude 10 to 11", "latitude 50 to 51"),
    outside("/cog/tiles/8/0/0", cog(), "longitude 10 to 11", "latitude 50 to 51"),
    outside("/cog/tiles/1/5/0", cog(), "5, 0", "zoom 1", "2 columns"),
    outside("/cog/tiles/1/0/-1", cog(), "0, -1", "2 rows"),
    outside("/cog/point/0,0", cog(), "0, 0", "outside"),
    wrong_type("/cog/point/a,b", cog(), "'a,b'", "30.85,29.48", at="point"),
    wrong_type("/cog/point/1", cog(), "'1'", "30.85,29.48", at="point"),
    wrong("/cog/point/nan,1", cog(), "'nan,1'", "30.85,29.48", at="point"),
    wrong("/cog/point/10,95", cog(), "95", "not on earth", at="point"),
    wrong("/cog/tiles/99/0/0", cog(), "'99'", "zooms 0 to 24", at="z"),
    wrong("/cog/tiles/-1/0/0", cog(), "'-1'", "zooms 0 to 24", at="z"),
    *[
        wrong_type(f"/cog/tiles/{zxy}", cog(), "z/x/y", at=at)
        for zxy, at in (("a/0/0", "z"), ("1.5/0/0", "z"), ("1/b/0", "x"), ("1/0/c", "y"), ("٣/0/0", "z"))
    ],
    wrong("/cog/tiles/8/135/86@9x", cog(), "'@9x'", "@1x to @4x", at="scale"),
    wrong_type("/cog/tiles/8/135/86.png.png", cog(), "'86.png.png'", "1696@2x.png", at="y"),
    wrong("/cog/tiles/WebMercatorQ/8/135/86", cog(), "'WebMercatorQ'", "did you mean 'WebMercatorQuad'?", at="tms"),
    wrong(TILE, cog(tms="zzz"), "'zzz'", "WebMercatorQuad, WorldCRS84Quad", at="tms"),
    wrong("/cog/zzz/tilejson.json", cog(), "'zzz'", "WebMercatorQuad, WorldCRS84Quad", at="tms"),
    *[
        wrong(BOX, cog(coord_crs=crs), f"'{crs}'", "EPSG:4326", at="coord_crs")
        for crs in ("EPSG:999999", "4326", "WGS84", "EPSG:4326x")
    ],
    wrong("/cog/preview.png", cog(**{"dst-crs": "EPSG:4978"}), "'EPSG:4978'", "EPSG:3857", at="dst-crs"),
]
SIZES = [
    *[
        wrong(BOX, cog(**{name: value}), f"{name}='{value}'", "1 or more", at=name)
        for name in ("width", "height", "max_size")
        for value in ("0", "-1")
    ],
    *[
        wrong_type(BOX, cog(width=value), f"width='{value}'", "width=1", at="width")
        for value in ("abc", "1.5", "1e3", "5_0", "٣", "9" * 30)
    ],
    too_much(BOX, cog(width=2049, height=1), "2049 x 1", "2048", "SWATH_CROP_SIZE_MAX", "smaller"),
    too_much(BOX, cog(width=10**12, height=10**12), "1000000000000", "2048", "SWATH_CROP_SIZE_MAX"),
    too_much("/cog/crop/10,50,11,51.npy", cog(width=4097, height=1), "4097 x 1", "4096", "SWATH_ARRAY_SIZE_MAX"),
    too_much("/cog/preview/300000x300000.png", cog(), "300000 x 300000", "SWATH_CROP_SIZE_MAX"),
    wrong_type("/cog/preview/0x5.png", cog(), "'0x5.png'", "256x128.png", at="size"),
    wrong_type("/cog/crop/10,50,11,51/9999999x1.png", cog(), "'9999999x1.png'", "256x128.png", at="size"),
    too_much(TILE, cog(tilesize=5000), "tilesize=5000", "1024", "SWATH_TILE_SIZE_MAX"),
    wrong(TILE, cog(tilesize=0), "tilesize='0'", "1 or more", at="tilesize"),
    wrong(TILE, cog(scale=9), "scale='9'", "1 to 4", at="scale"),
    wrong(TILE, cog(buffer=0.3), "buffer='0.3'", "0.5 or 1", at="buffer"),
    wrong(TILE, cog(buffer=1000), "buffer='1000'", "0 to 128", at="buffer"),
    wrong(TILE, cog(padding=-1), "padding='-1'", "0 to 128", at="padding"),
]
REST = [
    wrong("/cog/preview.gif", cog(), "'gif'", "png, jpg", at="format"),
    wrong("/cog/preview", cog(f="bmp"), "'bmp'", "png, jpg", at="f"),
    wrong(f"{TILE}.xyz", cog(), "'xyz'", "png, jpg", at="format"),
    wrong("/cog/tilejson.json", cog(tile_scale="9"), "tile_scale='9'", at="tile_scale"),
    wrong("/cog/tilejson.json", cog(scale="9"), "scale='9'", at="scale"),
    wrong("/cog/tilejson.json", cog(tile_format="xyz"), "'xyz'", "png, jpg", at="tile_format"),
    wrong("/cog/tilejson.json", cog(minzoom=40), "minzoom='40'", "0 to 30", at="minzoom"),
    wrong(TILE, cog(empty="none"), "'none'", "404, blank, 204", at="empty"),
    wrong(TILE, cog(resampling="biliner"), "'biliner'", "did you mean 'bilinear'", at="resampling"),
    wrong(TILE, cog(resampling_method="zzz"), "'zzz'", "nearest, bilinear", at="resampling_method"),
    wrong_type(TILE, cog(nodata="x"), "nodata='x'", "nodata=0", at="nodata"),
    wrong(TILE, cog(nodata="inf"), "nodata='inf'", "finite", at="nodata"),
    wrong_type(TILE, cog(unscale="maybe"), "unscale='maybe'", "unscale=true", at="unscale"),
    wrong_type(TILE, cog(return_mask="2"), "return_mask='2'", "return_mask=true", at="return_mask"),
    wrong("/cog/preview.png", cog(reskale="0,1", strict="true"), "reskale", "did you mean rescale?", at="reskale"),
    wrong("/cog/preview.png", cog(qqqqqq="1", strict="true"), "qqqqqq", "this route knows", "rescale", at="qqqqqq"),
    wrong_type("/cog/preview.png", cog(strict="x"), "strict='x'", "strict=true", at="strict"),
    too_much("/cog/preview.png", {f"p{n}": n for n in range(70)}, "70 parameters", "64", "leave some out"),
    wrong("/cog/preview.png", cog(x="a" * 20_000), "16384", "shorten it", status=414, slug="url-too-long"),
    wrong("/nothing/here", {}, "'/nothing/here'", "/docs", status=404, slug="not-found"),
    wrong("/cog/nothing", cog(), "'/cog/nothing'", "/docs", status=404, slug="not-found"),
    wrong("/wms/preview.png", cog(), "'/wms/preview.png'", "/docs", status=404, slug="not-found"),
    wrong(f"/{'x' * 5000}", {}, "x…'", "/docs", status=404, slug="not-found"),
]
EVERY = [*URL, *DOCUMENTS, *ASSETS, *EXPRESSIONS, *STYLES, *PLACES, *SIZES, *REST]


@dataclass(frozen=True)
class Server:
    base: str
    files: Upstream

    def ask(self, path: str, query: dict[str, Any], method: str = "GET") -> requests.Response:
        filled = {
            name: self.files.url("/" + value[1:]) if str(value).startswith("@") else value
            for name, value in query.items()
        }
        return requests.request(method, self.base + path, params=filled, timeout=10)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("bad_input")
    write_rasters(folder)
    for name, document in documents().items():
        (folder / name).write_text(document if isinstance(document, str) else json.dumps(document))
    with offline(), upstream(folder) as files:
        files.fault("/slow.json", delay_s=2)
        files.fault("/dripping.json", body=b" " * 1000, drip_s=0.02)
        with serving(Settings(allow_hosts=files.host, upstream_timeout_s=0.3, item_timeout_s=1)) as base:
            yield Server(base, files)


def write_rasters(folder: Path) -> None:
    write_raster(folder / "a.tif", np.full((1, 64, 64), 6, "uint16"))
    write_raster(folder / "b.tif", np.tile(np.array([0, 2], "uint16"), (1, 64, 32)))
    write_raster(folder / "rgb.tif", np.full((3, 64, 64), 7, "uint8"))
    write_raster(folder / "f.tif", np.full((1, 64, 64), 0.5, "float32"))


def write_raster(path: Path, data: np.ndarray) -> None:
    bands, height, width = data.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=bands, dtype=data.dtype, crs="EPSG:4326",
        transform=from_bounds(10, 50, 11, 51, width, height),
    ) as file:  # fmt: skip
        file.write(data)


def documents() -> dict[str, Any]:
    def item(name: str, **assets: dict[str, Any]) -> dict[str, Any]:
        return {"type": "Feature", "stac_version": "1.0.0", "id": name, "bbox": [10, 50, 11, 51], "assets": assets}

    rasters = {
        name: {"href": f"{name}.tif", "type": "image/tiff; application=geotiff"} for name in ("a", "b", "rgb", "f")
    }
    features = [{"id": name} for name in "pqrs"]
    return {
        "item.json": item(
            "it",
            **rasters,
            gone={"href": "gone.tif", "title": "listed, but not there"},
            fake={"href": "page.html", "type": "image/tiff"},
            thumbnail={"href": "t.jpg", "type": "image/jpeg", "roles": ["thumbnail"]},
            picture={"href": "t", "roles": ["thumbnail"]},
            notes={"href": "notes.xml"},
        ),
        "many.json": item("many", **{f"m{n}": {"href": "a.tif"} for n in range(17)}),
        "labels.json": item("labels", labels={"href": "l.json", "type": "application/geo+json"}),
        "bare.json": item("bare"),
        "page.html": "<html><title>not here</title></html>",
        "empty.json": "",
        "empty.tif": "",
        "list.json": [1, 2],
        "text.json": '"item"',
        "null.json": "null",
        "feature.json": {"type": "Feature", "geometry": None, "properties": {}},
        "features.json": {"type": "FeatureCollection", "features": features},
        "one.json": {"type": "FeatureCollection", "features": features[:1]},
        "none.json": {"type": "FeatureCollection", "features": []},
        "collection.json": {"type": "Collection", "id": "c", "extent": {}, "assets": {"a": {"href": "a.tif"}}},
        "catalog.json": {"type": "Catalog", "id": "c", "links": []},
        "huge.json": {"id": "x" * (9 << 20)},
    }


@pytest.mark.parametrize("case", EVERY)
def test_a_mistake_is_explained(server: Server, case: Case) -> None:
    started = time.monotonic()
    answer = server.ask(case.path, case.query)
    body = problem_of(answer)
    assert (answer.status_code, body["type"]) == (case.status, case.slug), body["detail"]
    assert [word for word in case.told if word not in body["detail"]] == [], body["detail"]
    assert tuple(fault["name"] for fault in body["errors"]) == case.at_fault or not case.at_fault
    assert time.monotonic() - started < 2


def test_each_slug_has_one_status() -> None:
    """A program reads the slug, a proxy the status: each slug has one status."""
    statuses: dict[str, set[int]] = {}
    for case in (param.values[0] for param in EVERY):
        statuses.setdefault(case.slug, set()).add(case.status)
    assert all(len(found) == 1 for found in statuses.values()), statuses


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_is_told_the_right_one(server: Server, method: str) -> None:
    answer = server.ask("/cog/info", cog(), method)
    body = problem_of(answer)
    assert (body["status"], body["type"]) == (405, "method-not-allowed")
    assert method in body["detail"]
    assert "use GET" in body["detail"]
    assert answer.headers["Allow"] == "GET"


def test_head_has_the_headers_of_the_problem_and_no_body(server: Server) -> None:
    answer = server.ask("/cog/info", {}, "HEAD")
    assert (answer.status_code, answer.content) == (422, b"")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_position_of_an_expressions_error_is_a_number_too(server: Server) -> None:
    body = problem_of(server.ask("/stac/preview.png", stac(expression="a + $")))
    assert body["position"] == 4


def test_a_status_from_upstream_is_passed_on_as_a_number(server: Server) -> None:
    assert problem_of(server.ask("/cog/preview.png", {"url": "@nothing.tif"}))["upstream_status"] == 404


def test_an_upstream_that_asks_for_a_pause_passes_it_on(server: Server) -> None:
    server.files.fault("/busy.json", status=503, headers={"Retry-After": "7"})
    answer = server.ask("/stac/info", {"url": "@busy.json"})
    body = problem_of(answer)
    assert (body["status"], body["type"], body["retry_after"], answer.headers["Retry-After"]) == (
        503,
        "overloaded",
        7,
        "7",
    )


def test_division_by_zero_is_masked_and_no_error(server: Server) -> None:
    """``b`` is 0 in every other column; 6 / 2 is 3."""
    answer = server.ask("/stac/preview.npy", stac(expression="a/b"))
    data, mask = np.load(BytesIO(answer.content))
    np.testing.assert_array_equal(mask[0, :4], [0, 255, 0, 255])
    np.testing.assert_array_equal(data[0, :4], [0, 3, 0, 3])
    values = [server.ask(f"/stac/point/{lon},50.5", stac(expression="a/b")).json()["values"] for lon in (10.001, 10.02)]
    assert values == [[None], [3.0]]


def test_a_parameter_nobody_knows_is_named_and_does_no_harm(server: Server) -> None:
    plain, more = (server.ask("/cog/preview.png", cog(**extra)) for extra in ({}, {"reskale": "0,1", "foo\n": "x"}))
    assert (more.status_code, more.content) == (200, plain.content)
    assert more.headers["X-Ignored-Params"] == "reskale, foo?"
    assert "X-Ignored-Params" not in plain.headers


def test_an_empty_value_counts_as_none(server: Server) -> None:
    answer = server.ask("/cog/preview.png", cog(rescale="", colormap_name="", expression="", width=""))
    assert answer.status_code == 200


def test_a_tile_outside_may_be_a_blank_picture_but_a_mistake_may_not(server: Server) -> None:
    assert server.ask("/cog/tiles/8/0/0", cog(empty="blank")).status_code == 200
    assert server.ask("/cog/tiles/8/0/0", cog(empty="204")).status_code == 204
    assert server.ask("/cog/tiles/99/0/0", cog(empty="blank")).status_code == 400
    assert server.ask("/cog/tiles/8/0/0", {"url": "@nothing.tif", "empty": "blank"}).status_code == 424
    assert server.ask("/cog/tiles/8/0/0", cog(empty="blank", rescale="x")).status_code == 400


def test_a_server_that_is_strict_needs_no_parameter_for_it(server: Server) -> None:
    with serving(Settings(strict=True)) as base:
        body = problem_of(requests.get(base + "/stac/info", params={"url": "x", "assetz": "a"}, timeout=10))
    assert (body["status"], body["errors"][0]["name"]) == (400, "assetz")
    assert "did you mean assets?" in body["detail"]
