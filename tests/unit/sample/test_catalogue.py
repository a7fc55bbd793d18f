"""The catalogue as a folder of static STAC, and as the server sees it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pystac
import pytest

from app.errors import NotFound
from app.sample.catalogue import SampleCatalogue
from app.sample.recipe import Recipe
from app.settings import Settings
from tests.unit.sample.conftest import scene_of

BASE = "https://tiles.example/swath"
CLEAR = "S2B_36RTT_20191205_0_L2A"


def digests(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_two_runs_make_the_same_bytes(tmp_path: Path) -> None:
    """Whatever thread was first."""
    recipe = Recipe(size=64, scenes=(scene_of("02-08"), scene_of("07-08"), scene_of("12-05")))
    first, second = SampleCatalogue(tmp_path / "a", recipe), SampleCatalogue(tmp_path / "b", recipe)
    first.ensure()
    second.ensure()
    assert digests(first.root) == digests(second.root)
    assert len(digests(first.root)) == 3 * 7 + 2


def test_the_year_has_24_scenes_of_which_at_least_14_suit_the_notebook() -> None:
    """The two satellites take turns, and the newest scene before 11 December is without a cloud."""
    scenes = Recipe().scenes
    assert len({scene.id for scene in scenes}) == 24
    assert {scene.day.year for scene in scenes} == {2019}
    before = [scene for scene in scenes if f"{scene.day:%m%d}" <= "1211"]
    assert sum(scene.clouds_percent < 5 for scene in before) >= 14
    assert (before[-1].id, before[-1].clouds_percent) == (CLEAR, 0)
    assert max(scene.clouds_percent for scene in scenes) > 60
    assert [scene.id[:3] for scene in scenes[-3:]] == ["S2A", "S2B", "S2A"]


def test_pystac_reads_the_folder_as_a_static_catalogue(tiny: SampleCatalogue) -> None:
    """Links and asset hrefs are relative, so the folder may be copied anywhere; no network is used."""
    catalog = pystac.Catalog.from_file(str(tiny.root / "catalog.json"))
    items = list(catalog.get_items(recursive=True))
    assert len(items) == 24
    for item in items:
        assert item.get_collection() is not None
        assert all(Path(asset.get_absolute_href() or "").is_file() for asset in item.assets.values())
        assert all(asset.href.startswith("./") for asset in item.assets.values())


def test_an_item_has_the_shape_of_earth_search_v0(tiny: SampleCatalogue) -> None:
    """Keys that clients look for, and the mark that it is invented."""
    item = tiny.item(tiny.collection_id, CLEAR, BASE)
    properties = item["properties"]
    assert list(item["assets"]) == ["B02", "B03", "B04", "B08", "SCL", "visual"]
    assert properties["synthetic"] is True
    assert properties["license"] == "CC0-1.0"
    assert properties["providers"][0]["name"] == "Swath sample (synthetic)"
    assert (properties["proj:epsg"], properties["platform"], properties["instruments"]) == (
        32636,
        "sentinel-2b",
        ["msi"],
    )
    assert properties["datetime"].startswith("2019-12-05T08:")
    assert {"true_color", "false_color", "ndvi"} <= set(properties["renders"])
    red = item["assets"]["B04"]
    assert red["eo:bands"][0]["common_name"] == "red"
    assert red["raster:bands"][0] == {
        "data_type": "uint16", "nodata": 0, "scale": 0.0001, "offset": 0, "spatial_resolution": 200
    }  # fmt: skip
    assert red["proj:shape"] == [64, 64]
    assert red["proj:transform"][0] == 200


def test_every_href_that_leaves_is_absolute(tiny: SampleCatalogue) -> None:
    """Also behind a proxy with a prefix."""
    item = tiny.item(tiny.collection_id, CLEAR, BASE)
    assert item["assets"]["B04"]["href"] == f"{BASE}/samples/sentinel-s2-l2a-cogs/{CLEAR}/B04.tif"
    documents = (item, tiny.collection(tiny.collection_id, BASE), tiny.collections(BASE), tiny.landing(BASE))
    for document in documents:
        assert all(link["href"].startswith(BASE) for link in document["links"])
        assert {"self", "root"} <= {link["rel"] for link in document["links"]}
    assert {"parent", "collection"} <= {link["rel"] for link in item["links"]}


def test_answers_do_not_change_the_documents(tiny: SampleCatalogue) -> None:
    """The same item under another base has no trace of the first one."""
    tiny.item(tiny.collection_id, CLEAR, BASE)
    assert BASE not in json.dumps(tiny.item(tiny.collection_id, CLEAR, "http://other"))


@pytest.mark.parametrize(
    "path",
    [
        f"/v0/collections/sentinel-s2-l2a-cogs/items/{CLEAR}",
        f"//v0//collections/sentinel-s2-l2a-cogs/items/{CLEAR}",
        f"/samples/sentinel-s2-l2a-cogs/{CLEAR}/B04.tif",
        f"/samples/sentinel%2Ds2-l2a-cogs/{CLEAR}/B04.tif",
        "/samples/catalog.json",
        "/v0/collections/sentinel-s2-l2a-cogs",
    ],
)
def test_a_path_of_the_catalogue_is_found_as_a_file(tiny: SampleCatalogue, path: str) -> None:
    """What lets the server answer its own sample URLs without asking itself."""
    location = tiny.locate(path)
    assert location is not None
    assert location.path.is_file()
    assert location.path.resolve().is_relative_to(location.root.resolve())


@pytest.mark.parametrize(
    "path",
    [
        "/samples/../catalog.json",
        "/samples/%2e%2e/%2e%2e/etc/passwd",
        "/samples//etc/passwd",
        "/samples/sentinel-s2-l2a-cogs",
        "/samples/",
        "/",
        "",
        "/v0/search",
        "/v0/collections/other/items/S2B_36RTT_20191205_0_L2A",
        "/samples/catalog.json\0",
        "/samples/catalog.json/",
        "/stac/tiles/1/2/3",
    ],
)
def test_no_other_path_is_found(tiny: SampleCatalogue, path: str) -> None:
    """Only files that were listed are ever returned; a trailing slash is forgiven, nothing else."""
    location = tiny.locate(path)
    assert location is None or location.path == tiny.root / "catalog.json"


def test_an_unknown_item_is_not_found_and_the_message_names_a_real_one(tiny: SampleCatalogue) -> None:
    """The remedy is in the message."""
    with pytest.raises(NotFound, match="S2A_36RTT_20191220_0_L2A"):
        tiny.item(tiny.collection_id, "S2A_nowhere", BASE)
    with pytest.raises(NotFound, match="sentinel-s2-l2a-cogs"):
        tiny.item("sentinel-2-l2a", CLEAR, BASE)


def test_the_folder_comes_from_the_settings_or_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A relative XDG_CACHE_HOME is ignored, as the XDG specification says."""
    chosen = SampleCatalogue.from_settings(Settings(sample_dir=tmp_path))
    assert chosen.root == tmp_path.resolve() / Recipe().name
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert SampleCatalogue.from_settings(Settings()).root.parent == tmp_path.resolve() / "cache" / "swath"
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert SampleCatalogue.from_settings(Settings()).root.parent == tmp_path.resolve() / ".cache" / "swath"


def test_another_recipe_gets_another_folder() -> None:
    """So a changed generator never shows old pictures."""
    assert Recipe().name == Recipe().name != Recipe(size=64).name
    assert Recipe().name.startswith("sample-v1-")
