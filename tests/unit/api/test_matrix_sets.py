"""Tile matrix sets of a folder: what is read, and what a start error says of what cannot be."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from morecantile import TileMatrixSet
from morecantile import tms as library
from pyproj import CRS

from app.api.matrix_sets import MatrixSets, read_folder
from app.cli import main
from app.errors import BadRequest
from app.settings import Settings

OWN = TileMatrixSet.custom([166021, 0, 833978, 9329005], CRS.from_epsg(32636), id="Nile36", minzoom=0, maxzoom=14)


def written(**changes: object) -> str:
    return json.dumps(json.loads(OWN.model_dump_json(exclude_none=True)) | changes)


def test_a_set_of_the_folder_is_found_beside_those_of_the_library(tmp_path):
    (tmp_path / "any name.json").write_text(written())
    (tmp_path / "notes.txt").write_text("no set")
    sets = MatrixSets.from_settings(Settings(tms_folder=tmp_path))
    assert set(sets.names) == {*library.list(), "Nile36"}
    assert sets.find("Nile36").model_dump() == OWN.model_dump()
    assert sets.find("WebMercatorQuad") is sets.find("WebMercatorQuad")
    assert "Nile36" not in MatrixSets().names


def test_a_name_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(BadRequest, match="WebMercatorQuad"):
        MatrixSets().find("webmercatorquad")
    with pytest.raises(BadRequest, match="there are"):
        MatrixSets().find("x" * 10_000)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not a tile matrix set"),
        ("[]", "not a tile matrix set"),
        ("[" * 100_000, "not a tile matrix set"),
        (written(crs="EPSG:99999999"), "not a tile matrix set"),
        (written(crs="http://www.opengis.net/def/crs/EPSG/0/4978"), "not one of maps"),
        (written(id="WebMercatorQuad"), "give it another"),
        (written(id="../x"), "not a tile matrix set"),
        (written(id=""), "not a tile matrix set"),
        (written(id="名前"), "no id"),
        (written(tileMatrices=[]), "(not a tile matrix set|whole numbers in a row)"),
        (written(tileMatrices=json.loads(written())["tileMatrices"][::2]), "whole numbers in a row"),
        (" " * 2_000_000, "larger than"),
        ("\x00\xff", "not a tile matrix set"),
    ],
)
def test_a_file_that_is_no_usable_set_is_named_with_what_is_wrong(tmp_path, text, told):
    (tmp_path / "bad.json").write_text(text)
    (tmp_path / "good.json").write_text(written())
    with pytest.raises(ValueError, match=f"SWATH_TMS_FOLDER: bad.json .*{told}") as raised:
        read_folder(tmp_path)
    assert "good.json" not in str(raised.value)


def test_all_bad_files_are_named_at_once(tmp_path):
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text("no")
    (tmp_path / "c.json").write_text(written())
    (tmp_path / "d.json").write_text(written())
    with pytest.raises(ValueError, match=r"a\.json .*b\.json .*d\.json has the id Nile36, as a file before it"):
        read_folder(tmp_path)


def test_the_command_stops_with_the_names_of_bad_files(tmp_path):
    (tmp_path / "bad.json").write_text("{}")
    for folder, told in ((tmp_path, "bad.json"), (tmp_path / "none", "not a folder")):
        run = CliRunner().invoke(main, ["serve", "--port", "1"], env={"SWATH_TMS_FOLDER": str(folder)})
        assert run.exit_code == 1
        assert told in run.output
        assert "Traceback" not in run.output
