"""Real Sentinel-2 scenes behind a Range server, against rio-tiler on the files themselves."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import morecantile
import numpy as np
import pytest
import requests
from PIL import Image
from rio_tiler.io import Reader, STACReader
from rio_tiler.models import ImageData

from app.settings import Settings
from tests.serving import serving
from tests.shared import DATA, needs_shared
from tests.upstream import Upstream, upstream

pytestmark = needs_shared

SCENES = sorted(path.name for path in (DATA / "s2-timeseries").glob("S2*"))
NAMES = {"v0": "B04,B03,B02", "v1": "red,green,blue"}
FULL = "s2-v0-full/S2A_29RKH_20200219_0_L2A"
TMS = morecantile.tms.get("WebMercatorQuad")
CENTRES = {"s2-timeseries": (15.72, 46.45), FULL: (-11.5, 24.85)}
FORMULA = "Gamma RGB 3.5 Saturation 1.7 Sigmoidal RGB 15 0.35"


@pytest.fixture(scope="module")
def data() -> Iterator[Upstream]:
    """The shared data behind a Range server."""
    with upstream(DATA) as server:
        yield server


@pytest.fixture(scope="module")
def swath(data: Upstream) -> Iterator[str]:
    """A server that may read from there, with the general driver, which is identical to rio-tiler."""
    with serving(Settings(allow_hosts=(data.host,), driver="gdal")) as base:
        yield base


def tiles_around(centre: tuple[float, float], zoom: int) -> list[morecantile.Tile]:
    """The tile under the centre and, where the scene is larger than one, its right neighbour."""
    tile = TMS.tile(*centre, zoom)
    return [tile, morecantile.Tile(tile.x + 1, tile.y, zoom)] if zoom >= 10 else [tile]


def get(base: str, path: str, **params: str) -> requests.Response:
    answer = requests.get(base + path, params=params, timeout=60)
    assert answer.status_code == 200, answer.text[:400]
    return answer


def load(answer: requests.Response) -> np.ndarray:
    return np.load(BytesIO(answer.content))


def picture(answer: requests.Response) -> np.ndarray:
    return np.moveaxis(np.atleast_3d(np.asarray(Image.open(BytesIO(answer.content)))), -1, 0)


def rio_tile(folder: Path, assets: tuple[str, ...], tile: morecantile.Tile, **options: str) -> ImageData:
    """What rio-tiler reads with the same parameters from the item on disk."""
    with STACReader(str(folder / "item.v0.json")) as src:
        return src.tile(tile.x, tile.y, tile.z, tilesize=256, assets=list(assets), **options)


def rio_part(folder: Path, assets: tuple[str, ...], bbox: tuple[float, ...], size: int) -> ImageData:
    with STACReader(str(folder / "item.v0.json")) as src:
        return src.part(bbox, width=size, height=size, assets=list(assets))


def assert_same(ours: np.ndarray, theirs: ImageData) -> None:
    """Values equal where rio-tiler has any, 0 where it has none, and the mask plane 0 or 255 accordingly."""
    mask = np.asarray(theirs.mask) > 0
    assert ours.dtype == theirs.array.dtype
    assert np.array_equal(ours[-1] == 255, mask)
    assert set(np.unique(ours[-1])) <= {0, 255}
    assert np.array_equal(ours[:-1], theirs.array.filled(0))


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize(("form", "zoom"), [*(("v0", zoom) for zoom in range(7, 14)), ("v1", 8), ("v1", 11)])
def test_a_tile_of_a_real_scene_equals_rio_tiler(swath, data, scene, form, zoom):
    """True colour values of all five dates and both item forms, at every zoom from 7 to 13."""
    url = data.url(f"/s2-timeseries/{scene}/item.{form}.json")
    for tile in tiles_around(CENTRES["s2-timeseries"], zoom):
        ours = load(get(swath, f"/stac/tiles/{tile.z}/{tile.x}/{tile.y}.npy", url=url, assets=NAMES[form]))
        assert_same(ours, rio_tile(DATA / "s2-timeseries" / scene, ("B04", "B03", "B02"), tile))


@pytest.mark.parametrize("zoom", range(7, 14))
def test_a_tile_of_the_full_product_equals_rio_tiler(swath, data, zoom):
    """False colour of the product with every band, whose bands have three resolutions."""
    url = data.url(f"/{FULL}/item.v0.json")
    for tile in tiles_around(CENTRES[FULL], zoom):
        ours = load(get(swath, f"/stac/tiles/{tile.z}/{tile.x}/{tile.y}.npy", url=url, assets="B11,B08,B04"))
        assert_same(ours, rio_tile(DATA / FULL, ("B11", "B08", "B04"), tile))


@pytest.mark.parametrize("scene", SCENES)
def test_a_picture_of_a_real_scene_equals_rio_tilers_formula(swath, data, scene):
    """The notebook's colour formula on uint16: identical pixels, and the mask as alpha."""
    tile = TMS.tile(*CENTRES["s2-timeseries"], 9)
    url = data.url(f"/s2-timeseries/{scene}/item.v0.json")
    answer = get(swath, f"/stac/tiles/9/{tile.x}/{tile.y}.png", url=url, assets="B04,B03,B02", color_formula=FORMULA)
    theirs = rio_tile(DATA / "s2-timeseries" / scene, ("B04", "B03", "B02"), tile).post_process(color_formula=FORMULA)
    ours, valid = picture(answer), np.asarray(theirs.mask) > 0
    assert np.array_equal(ours[:3][:, valid], theirs.array.data[:, valid])
    assert (ours[3] == np.where(valid, 255, 0)).all() if len(ours) == 4 else valid.all()


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("zoom", [8, 10, 12])
def test_ndvi_of_a_real_scene_equals_rio_tilers(swath, data, scene, zoom):
    """To 1e-6 where rio-tiler has a value; the same pixels are masked."""
    tile = TMS.tile(*CENTRES["s2-timeseries"], zoom)
    url = data.url(f"/s2-timeseries/{scene}/item.v0.json")
    ours = load(get(swath, f"/stac/tiles/{zoom}/{tile.x}/{tile.y}.npy", url=url, expression="(B08-B04)/(B08+B04)"))
    theirs = rio_tile(DATA / "s2-timeseries" / scene, ("B08", "B04"), tile, expression="(b1-b2)/(b1+b2)")
    valid = np.asarray(theirs.mask) > 0
    assert ours.dtype == np.float64
    assert np.array_equal(ours[-1] == 255, valid)
    assert np.allclose(ours[0][valid], theirs.array.data[0][valid], atol=1e-6, rtol=0)


@pytest.mark.parametrize("scene", SCENES)
def test_a_crop_of_a_real_scene_equals_rio_tiler(swath, data, scene):
    """A box in longitude and latitude, 128 x 128, as the notebook asks for it."""
    bbox = (15.45, 46.3, 15.8, 46.6)
    url = data.url(f"/s2-timeseries/{scene}/item.v0.json")
    path = f"/stac/crop/{','.join(map(str, bbox))}.npy"
    ours = load(get(swath, path, url=url, assets="B08,B04,B03", width="128", height="128"))
    assert_same(ours, rio_part(DATA / "s2-timeseries" / scene, ("B08", "B04", "B03"), bbox, 128))


@pytest.mark.parametrize("resampling", ["bilinear", "cubic", "average"])
def test_resampling_equals_rio_tilers(swath, data, resampling):
    """Both spellings of 2.x, on a tile that is coarser than the data."""
    tile = TMS.tile(*CENTRES["s2-timeseries"], 8)
    url = data.url(f"/s2-timeseries/{SCENES[0]}/item.v0.json")
    path = f"/stac/tiles/8/{tile.x}/{tile.y}.npy"
    ours = load(get(swath, path, url=url, assets="B08", resampling=resampling, reproject=resampling))
    options = {"resampling_method": resampling, "reproject_method": resampling}
    assert_same(ours, rio_tile(DATA / "s2-timeseries" / SCENES[0], ("B08",), tile, **options))


def test_a_preview_equals_rio_tiler(swath, data):
    """The whole scene in its own CRS, not warped, at most 256 pixels wide."""
    url = data.url(f"/s2-timeseries/{SCENES[0]}/item.v0.json")
    ours = load(get(swath, "/stac/preview.npy", url=url, assets="B04", max_size="256"))
    with Reader(str(DATA / "s2-timeseries" / SCENES[0] / "B04.tif")) as src:
        assert_same(ours, src.preview(max_size=256))


@pytest.mark.parametrize("scene", SCENES)
def test_point_values_equal_rio_tilers(swath, data, scene):
    """Four points of each date, three assets: the same numbers, null where rio-tiler masks."""
    url = data.url(f"/s2-timeseries/{scene}/item.v0.json")
    for lon, lat in [(15.5, 46.3), (15.72, 46.45), (15.9, 46.7), (15.3, 46.1)]:
        body = get(swath, f"/stac/point/{lon},{lat}", url=url, assets="B04,B08,SCL").json()
        expected = []
        for name in ("B04", "B08", "SCL"):
            with Reader(str(DATA / "s2-timeseries" / scene / f"{name}.tif")) as src:
                expected += src.point(lon, lat).array.tolist()
        assert body["values"] == expected
        assert body["band_names"] == ["b1", "b2", "b3"]
        assert body["band_descriptions"] == ["B04_b1", "B08_b1", "SCL_b1"]


def test_assets_answer_to_their_common_names(swath, data):
    """``red`` of an item keyed ``B04`` and of an item keyed ``red`` are the same pixels as ``B04``."""
    tile = TMS.tile(*CENTRES["s2-timeseries"], 9)
    bodies = set()
    for form, assets in [("v0", "B04,B03,B02"), ("v0", "red,green,blue"), ("v1", "red,green,blue")]:
        url = data.url(f"/s2-timeseries/{SCENES[0]}/item.{form}.json")
        bodies.add(get(swath, f"/stac/tiles/9/{tile.x}/{tile.y}.npy", url=url, assets=assets).content)
    assert len(bodies) == 1
