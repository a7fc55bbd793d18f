"""Which texts are accepted, and what they are made of."""

from __future__ import annotations

import numpy as np
import pytest

from app.compute.expression import compile_expression, evaluate
from app.compute.expression.canonical import programs_for


@pytest.mark.parametrize(
    ("text", "descriptions"),
    [
        ("B04", ("B04",)),
        ("B04;B03; B02", ("B04", "B03", "B02")),
        ("B04,B03,B02", ("B04", "B03", "B02")),
        ("B04, B03; B02", ("B04", "B03", "B02")),
        ("where(B04>1,2,3)", ("where(B04>1,2,3)",)),
        ("where(B04>1,2,3), (B03 + 1)", ("where(B04>1,2,3)", "(B03 + 1)")),
        ("  B04 ;", ("B04",)),
        ("B04/2 ; ", ("B04/2",)),
    ],
)
def test_outputs_are_separated_by_semicolons_and_commas_outside_parentheses(text, descriptions):
    expression = compile_expression(text)
    assert expression.descriptions == descriptions
    assert len(expression.outputs) == len(descriptions)
    assert expression.text == text


def test_names_come_in_order_of_first_use_with_their_case():
    expression = compile_expression("where(SCL == 4, nir, NIR) / B8A; B01 + nir + _x1")
    assert expression.names == ("SCL", "nir", "NIR", "B8A", "B01", "_x1")


def test_function_names_have_no_case_and_may_name_bands():
    values = {"log": np.array([8]), "a": np.array([4])}
    data, _ = evaluate(compile_expression("SQRT(a) + Where(log > 1, log, 0)"), values)
    assert data.tolist() == [[10.0]]


def test_names_that_python_or_numexpr_keep_for_themselves_are_only_names():
    for name in ("__import__", "__class__", "eval", "v0", "i0", "real", "j", "sum", "_", "E", "print"):
        data, _ = evaluate(compile_expression(f"{name} + 1"), {name: np.array([2])})
        assert data.tolist() == [[3.0]], name


def test_nothing_that_the_caller_wrote_is_in_the_canonical_text():
    expression = compile_expression("Where(__secret__ > 12345, NIR, 0x10) * 0.25e0")
    program = programs_for(expression, (np.dtype(np.uint16), np.dtype(np.uint16)))[0]
    assert program.text == "(where((v0>i0),v1,i1)*0.25)"
    assert {name: int(array) for name, array in program.integers.items()} == {"i0": 12345, "i1": 16}


def test_canonical_text_does_not_change_with_whole_numbers():
    """A slider that moves a threshold makes numexpr compile once."""
    texts = {programs_for(compile_expression(f"a > {n}"), (np.dtype("u2"),))[0].text for n in (1, 2, 3000)}
    assert texts == {"(v0>i0)"}


@pytest.mark.parametrize(
    "number", ["0", "7", "1e-4", ".5", "5.", "0x1F", "0b101", "1E5", "9223372036854775807", "1e300"]
)
def test_numbers_are_read_as_python_reads_them(number):
    data, _ = evaluate(compile_expression(f"where(a > 0, {number}, a)"), {"a": np.array([1.0])})
    assert data.tolist() == [[float(eval(number))]]


@pytest.mark.parametrize(
    "text", ["a-b-a", "a/b/a", "2**a**b/99", "-a**2", "a+b*a", "a&b>a", "a|b&a", "a-(b-a)", "a<<1+1", "a**-b", "a%b*b"]
)
def test_operators_bind_as_in_python(text):
    a, b = np.array([2], np.int64), np.array([3], np.int64)
    expected = eval(text, {"a": 2, "b": 3})
    assert evaluate(compile_expression(text), {"a": a, "b": b})[0].tolist() == [[expected]]


def test_equal_texts_are_compiled_once():
    assert compile_expression("a/b") is compile_expression("a/b")
    assert compile_expression.cache_info().maxsize == 1024
