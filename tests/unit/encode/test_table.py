"""Tables, read back by the standard library."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from app.encode.table import encode_csv


def read(body: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(body.decode(), newline="")))


def test_lines_end_as_rfc_4180_says():
    assert encode_csv(("a", "b"), [(1, None), ("x", 2.5)]) == b"a,b\r\n1,\r\nx,2.5\r\n"


@pytest.mark.parametrize("value", [0.1, 1 / 3, -1e-300, 2**63, -(2**63), 16777217.0, float("inf")])
def test_numbers_keep_all_of_their_digits(value):
    [_, [text]] = read(encode_csv(("value",), [(value,)]))
    assert type(value)(text) == value


@pytest.mark.parametrize("text", ['a"b', "a,b", "a\nb", "a\r\nb", "北京", " a "])
def test_texts_stay_in_their_cell(text):
    assert read(encode_csv(("one", "two"), [(text, 1)]))[1] == [text, "1"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_is_no_formula_and_a_negative_number_is_a_number(text):
    assert read(encode_csv(("one", "two"), [(text, -1)]))[1] == [f"'{text}", "-1"]


def test_half_a_character_is_no_error():
    assert read(encode_csv(("a",), [("x\ud800",)]))[1] == ["x?"]
