"""Names of files that are saved."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from app.api.disposition import content_disposition


def header(dataset: str, what: str = "crop", extension: str = "tif") -> str:
    return content_disposition(dataset, what, extension)["Content-Disposition"]


def filename(dataset: str) -> str:
    """As a browser reads it: ``filename*``, else ``filename``."""
    match = re.fullmatch(r"""inline; filename="([^"]*)"(?:; filename\*=UTF-8''([A-Za-z0-9_.~%-]*))?""", header(dataset))
    assert match is not None
    return unquote(match[2]) if match[2] else match[1]


def test_it_is_dataset_what_and_extension():
    assert header("S2B_36RTT_20191205_0_L2A") == 'inline; filename="S2B_36RTT_20191205_0_L2A_crop.tif"'


@pytest.mark.parametrize("name", ["visual.tif", "visual.TIFF", "visual"])
def test_the_extension_of_a_raster_is_not_repeated(name):
    assert header(name, "preview", "png") == 'inline; filename="visual_preview.png"'


@pytest.mark.parametrize("dataset", ['a"b', "a\r\nb", "a;b", "a\\b", "a/b", "a\0b", "a\u202eb", "a\ud800b", "a%22b"])
def test_nothing_breaks_out_of_the_quotes_or_of_the_folder(dataset):
    value = header(dataset)
    assert value.isascii()
    assert value.isprintable()
    assert value.startswith('inline; filename="a_')
    assert filename(dataset) in ("a_b_crop.tif", "a__b_crop.tif", "a_22b_crop.tif")


@pytest.mark.parametrize("dataset", ["Île-de-France", "北京", "Ærø 2020", "مصر"])
def test_other_letters_are_told_beside_a_plain_name(dataset):
    assert filename(dataset) == f"{dataset}_crop.tif"
    assert 'filename="' in header(dataset)


@pytest.mark.parametrize("dataset", ["", ".", "...", ".tif"])
def test_a_name_of_nothing_is_a_raster(dataset):
    assert header(dataset) == 'inline; filename="raster_crop.tif"'


def test_a_name_is_never_hidden_or_above():
    assert filename("..\\..\\.bashrc") == "_.._.bashrc_crop.tif"


@pytest.mark.parametrize("letter", ["x", "é", "北", "\ud800", "."])
def test_an_endless_name_is_cut(letter):
    assert len(header(letter * 10_000_000)) < 1200
