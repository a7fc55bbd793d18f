"""Equal to rio-tiler where it is right; where we differ on purpose, the reason is written beside the case."""

from __future__ import annotations

import numpy as np
import pytest
from rio_tiler.errors import InvalidExpression as RioTilerRefused
from rio_tiler.expression import apply_expression, get_expression_blocks, validate_expression

from app.compute.expression import compile_expression, evaluate

RNG = np.random.default_rng(7)
UINT16 = RNG.integers(1, 10_000, (3, 16, 16)).astype(np.uint16)
UINT8 = RNG.integers(1, 200, (3, 16, 16)).astype(np.uint8)
FLOAT32 = RNG.uniform(0.01, 0.9, (3, 16, 16)).astype(np.float32)

SAME = [
    "b1",
    "b1;b2",
    "b1+b2",
    "b1-b2",
    "-b1",
    "+b1",
    "b1*2",
    "b1/b2",
    "b1/10000",
    "b1*0.0001",
    "b1*1e-4",
    "(b2-b1)/(b2+b1)",
    "2.5*(b2-b1)/(b2+6*b1-7.5*b3+1)",
    "1.5*(b2-b1)/(b2+b1+0.5)",
    "(2*b2+1-sqrt((2*b2+1)**2-8*(b2-b1)))/2",
    "(b2-b1)/(b2+b1);(b3-b2)/(b3+b2)",
    "sqrt(b1)",
    "log(b1)",
    "log10(b1+1)",
    "log2(b1)",
    "log1p(b1)",
    "exp(b1/10000)",
    "expm1(b1/10000)",
    "sin(b1)+cos(b2)*tan(b3)",
    "arcsin(b1/10001)",
    "arctan2(b1,b2)",
    "arctan(b1)",
    "sinh(b1/10000)",
    "tanh(b1/10000)",
    "arccosh(b1+1)",
    "abs(b1-b2)",
    "floor(b1/b2)",
    "ceil(b1/b2)",
    "trunc(b1/b2)",
    "round(b1/b2)",
    "round(b1)",
    "sign(b1-b2)",
    "maximum(b1,b2)",
    "minimum(b1,0.5)",
    "hypot(b1,b2)",
    "copysign(b1,b2)",
    "fmod(b1,b2)",
    "where(b1>b2,1,0)",
    "where(b1>b2,b1,b2)",
    "where((b1>b2)&(b2>b3),1,where(b1==b3,2,3))",
    "where(b1>b2,0.5,b3)",
    "where((b1>b2)|~(b2>b3),1,0)",
    "where(isnan(b1/b2),0,b1)",
    "where(isfinite(b1*1.5),b1,0)",
    "where(b1!=b2,1,0)",
    "(b1>b2)*1",
    "(b1>b2)*b3",
    "b1**0.5",
    "2+3*4-b1",
    "b1+100",
    "100-b1",
    "1-b1",
]


def ours(text, stack):
    data, defined = evaluate(compile_expression(text), {f"b{i}": band for i, band in enumerate(stack, 1)})
    return np.where(defined, data, 0), data.dtype


def rio_tiler(text, stack):
    blocks = get_expression_blocks(validate_expression(text))
    data = apply_expression(blocks, [f"b{i}" for i in range(1, len(stack) + 1)], stack)
    return np.asarray(data), data.dtype


@pytest.mark.parametrize("stack", [UINT8, UINT16, FLOAT32], ids=["uint8", "uint16", "float32"])
@pytest.mark.parametrize("text", SAME)
def test_values_and_type_are_those_of_rio_tiler(text, stack):
    (mine, my_type), (theirs, their_type) = ours(text, stack), rio_tiler(text, stack)
    tolerance = 1e-5 if my_type == np.float32 else 1e-12
    np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance)
    assert my_type == their_type


@pytest.mark.parametrize("text", ["b1%7", "b1//7", "(b1-b2)//3", "(b1-b2)%5", "b1&3", "b1|b2", "b1^b2", "~b1"])
@pytest.mark.parametrize("stack", [UINT8, UINT16], ids=["uint8", "uint16"])
def test_whole_number_operators_are_those_of_rio_tiler(text, stack):
    (mine, my_type), (theirs, their_type) = ours(text, stack), rio_tiler(text, stack)
    np.testing.assert_array_equal(mine, theirs)
    assert my_type == their_type


def test_case_of_functions_does_not_matter_as_in_rio_tiler():
    """rio-tiler lower-cases the whole text, bands too; we keep the case of bands, since assets have it (``B8A``)."""
    np.testing.assert_array_equal(
        ours("WHERE(b1>5,SQRT(b1),0)", UINT8)[0], rio_tiler("where(b1>5,sqrt(b1),0)", UINT8)[0]
    )


def test_we_give_true_and_false_as_uint8():
    """rio-tiler gives bool, which GDAL does not write."""
    (mine, my_type), (theirs, their_type) = ours("b1>b2", UINT16), rio_tiler("b1>b2", UINT16)
    np.testing.assert_array_equal(mine, theirs)
    assert (my_type, their_type) == (np.uint8, np.bool_)


@pytest.mark.parametrize("text", ["b1*b2", "b1**2", "b1*b2*b3", "b1*100000000"])
def test_we_do_not_wrap(text):
    """rio-tiler computes in int32: 60000 * 60000 is -694967296 there."""
    stack = np.full((3, 2, 2), 60_000, np.uint16)
    exact = eval(text, dict.fromkeys(("b1", "b2", "b3"), 60_000))
    assert ours(text, stack)[0].ravel()[0] == exact
    assert rio_tiler(text, stack)[0].ravel()[0] != exact


def test_we_give_powers_of_whole_numbers_as_float64():
    """rio-tiler: int32, which wraps from 46341**2 on."""
    (mine, my_type), (theirs, their_type) = ours("b1**3", UINT8), rio_tiler("b1**3", UINT8)
    np.testing.assert_array_equal(mine, theirs)
    assert (my_type, their_type) == (np.float64, np.int32)


def test_we_mask_what_divides_by_zero():
    """rio-tiler leaves 1.8e308 (x/0), 0 (0/0) and 0 (x % 0), all valid."""
    stack = np.array([[[5, 0]], [[0, 0]], [[1, 1]]], np.uint16)
    for text in ("b1/b2", "b1%b2", "b1//b2"):
        _, defined = evaluate(compile_expression(text), {"b1": stack[0], "b2": stack[1]})
        assert not defined.any()
    assert rio_tiler("b1/b2", stack)[0].ravel()[0] > 1e308


def test_we_divide_whole_bands_to_whole_numbers_in_float64():
    """``//`` and ``%`` by a band: float64 because 0 must have a place to be undefined in; rio-tiler has int32."""
    for text in ("b1//b2", "b1%b2"):
        (mine, my_type), (theirs, their_type) = ours(text, UINT16), rio_tiler(text, UINT16)
        np.testing.assert_array_equal(mine, theirs)
        assert (my_type, their_type) == (np.float64, np.int32)


def test_we_count_conditions():
    """rio-tiler: ``or`` for ``+``, ``and`` for ``*``, and no ``-`` at all."""
    assert ours("(b1>0)+(b2>0)", UINT8)[0].max() == 2
    assert rio_tiler("(b1>0)+(b2>0)", UINT8)[0].max() == 1
    np.testing.assert_array_equal(ours("(b1>b2)*(b2>b3)", UINT8)[0], rio_tiler("(b1>b2)*(b2>b3)", UINT8)[0])


@pytest.mark.parametrize(
    "text", ["b1<<2", "b1>>2", "b1>1 and b2>1", "b1>1 or b2>1", "not b1", "where(b1,1,0)", "-(b1>2)"]
)
def test_we_accept_more(text):
    ours(text, UINT16)
    with pytest.raises(RioTilerRefused):
        rio_tiler(text, UINT16)


def test_we_take_commas_as_rio_tiler_did_in_2020():
    assert ours("b1,b2/2,where(b1>3,1,0)", UINT16)[0].shape == (3, 16, 16)
