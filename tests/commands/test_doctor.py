"""``swath info`` tells what is there, ``swath doctor`` what is wrong."""

from __future__ import annotations

import json

import requests


def test_info_is_what_the_file_says(swath):
    found = json.loads(swath("info", "scene.tif").stdout)
    assert (found["width"], found["height"], found["count"], found["nodata_value"]) == (1200, 900, 2, 0)


def test_items_of_the_sample_are_read_without_a_server(swath, sample_server, monkeypatch):
    found = requests.post(f"{sample_server}/v0/search", json={"limit": 1}, timeout=30).json()["features"][0]
    monkeypatch.setenv("SWATH_SAMPLE", "true")
    path = f"/v0/collections/{found['collection']}/items/{found['id']}"
    run = swath("info", f"http://127.0.0.1:8000{path}", "assets=B04")
    asked = {"url": f"{sample_server}{path}", "assets": "B04"}
    assert json.loads(run.stdout) == requests.get(f"{sample_server}/stac/info", params=asked, timeout=30).json()


def test_all_is_well_here(swath):
    run = swath("doctor", "scene.tif")
    assert run.exit_code == 0, run.output
    assert "a raster of 1200 x 900 pixels, 2 bands" in run.stdout
    assert "GDAL" in run.stdout


def test_a_url_that_cannot_be_read_is_wrong(swath):
    run = swath("doctor", "scene.tif", "http://127.0.0.1:1/a.tif", "--json")
    assert run.exit_code == 1
    wrong = [finding for finding in json.loads(run.stdout) if finding["state"] == "wrong"]
    assert [finding["what"] for finding in wrong] == ["http://127.0.0.1:1/a.tif"]
    assert "SWATH_ALLOW_HOSTS" in wrong[0]["told"]


def test_settings_in_force_are_told_and_secrets_are_not(swath, monkeypatch):
    monkeypatch.setenv("SWATH_SIGNING_KEYS", "a secret of sixteen,another of sixteen")
    monkeypatch.setenv("SWATH_CROP_SIZE_MAX", "512")
    told = swath("doctor").stdout
    assert "of sixteen" not in told
    lines = {line.split()[1]: line.split(maxsplit=2)[2] for line in told.splitlines()}
    assert lines["SWATH_CROP_SIZE_MAX"] == "512"
    assert lines["SWATH_SIGNING_KEYS"].startswith("set, 2")


def test_settings_that_cannot_be_used_end_it(swath, monkeypatch):
    monkeypatch.setenv("SWATH_TILE_SIZE_MAX", "none")
    run = swath("doctor")
    assert run.exit_code == 1
    assert "SWATH_TILE_SIZE_MAX" in run.stderr


def test_a_folder_that_cannot_be_made_is_wrong(swath, scene, monkeypatch):
    monkeypatch.setenv("SWATH_SAMPLE_DIR", str(scene / "sample"))
    run = swath("doctor")
    assert run.exit_code == 1
    assert "cannot be written" in run.stdout


def test_a_library_of_projections_that_is_broken_is_wrong(swath, monkeypatch):
    from rasterio.errors import CRSError

    def fail(*_: object) -> None:
        raise CRSError("no database")

    monkeypatch.setattr("app.commands.findings.transform", fail)
    run = swath("doctor")
    assert run.exit_code == 1
    assert "PROJ cannot transform" in run.stdout
