"""Expressions compute what numpy and Python's integers compute; any text compiles or is refused at a place in it."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.compute.expression import compile_expression, evaluate
from app.errors import InvalidExpression

FEW = settings(max_examples=120, deadline=None)
SHAPE = (4,)

FLOATS = st.floats(-1e6, 1e6, allow_nan=False, width=32).map(float)
FLOAT_BANDS = st.fixed_dictionaries({name: st.lists(FLOATS, min_size=4, max_size=4) for name in "abc"})
FLOAT_LEAVES = st.sampled_from("abc") | FLOATS.map(lambda value: f"({value!r})")
ELEMENTWISE = {name: getattr(np, name) for name in ("where", "sqrt", "abs", "floor", "ceil", "maximum", "minimum")}


def _float_nodes(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    infix = st.tuples(inner, st.sampled_from(["+", "-", "*", "/", " - ", "* "]), inner)
    compare = st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner)
    return st.one_of(
        infix.map(lambda parts: f"({''.join(parts)})"),
        inner.map("(-{})".format),
        st.tuples(st.sampled_from(["sqrt", "abs", "floor", "ceil"]), inner).map(lambda parts: "{}({})".format(*parts)),
        st.tuples(st.sampled_from(["maximum", "minimum"]), inner, inner).map(lambda parts: "{}({},{})".format(*parts)),
        st.tuples(compare, inner, inner).map(lambda p: f"where({''.join(p[0])}, {p[1]}, {p[2]})"),
    )


FLOAT_TREES = st.recursive(FLOAT_LEAVES, _float_nodes, max_leaves=20)


@FEW
@given(FLOAT_TREES, FLOAT_BANDS)
def test_float_expressions_equal_numpy(text, bands):
    arrays = {name: np.array(values) for name, values in bands.items()}
    try:
        expression = compile_expression(text)
    except InvalidExpression:
        assume(False)  # no band in it, or a constant part such as 1/0
    with np.errstate(all="ignore"):
        expected = np.broadcast_to(eval(text, dict(ELEMENTWISE), arrays), SHAPE)
    data, defined = evaluate(expression, arrays)
    assert defined.tolist() == np.isfinite(expected).tolist()
    assert data[0].tolist() == np.where(defined, expected, 0).tolist()


INTEGER_TYPES = st.sampled_from([np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.int64])
EXACT = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<": operator.lt,
    "==": operator.eq,
}


@st.composite
def integer_band(draw):
    info = np.iinfo(draw(INTEGER_TYPES))
    edges = st.sampled_from([int(info.min), int(info.min) + 1, 0, 1, int(info.max)])
    return np.array(
        draw(st.lists(edges | st.integers(int(info.min), int(info.max)), min_size=4, max_size=4)), info.dtype
    )


def _integer_nodes(inner):
    number = st.integers(-300, 300)
    return st.one_of(
        st.tuples(st.sampled_from("+-*&|^<=").map(lambda sign: "==" if sign == "=" else sign), inner, inner),
        st.tuples(st.sampled_from(["//", "%"]), inner, number.filter(bool)),
        st.tuples(st.just("where"), inner, inner, inner),
    )


INTEGER_TREES = st.recursive(st.sampled_from("abc") | st.integers(-70000, 70000), _integer_nodes, max_leaves=8)


def _spell(tree):
    if not isinstance(tree, tuple):
        return f"({tree})"
    parts = [_spell(part) for part in tree[1:]]
    return f"where({','.join(parts)})" if tree[0] == "where" else f"({tree[0].join(parts)})"


def _exact(tree, pixel, seen):
    """The value of one pixel in Python's integers; ``seen`` collects all values on the way."""
    if isinstance(tree, tuple):
        values = [_exact(part, pixel, seen) for part in tree[1:]]
        value = (values[1] if values[0] else values[2]) if tree[0] == "where" else EXACT[tree[0]](*values)
    else:
        value = pixel.get(tree, tree)
    seen.append(value)
    return value


@FEW
@given(INTEGER_TREES, integer_band(), integer_band(), integer_band())
def test_integer_expressions_are_exact(tree, a, b, c):
    """Exact while every value on the way fits a float64, and up to 64 bits where no comparison hides a float64."""
    arrays = {"a": a, "b": b, "c": c}
    try:
        expression = compile_expression(_spell(tree))
        data, defined = evaluate(expression, arrays)
    except InvalidExpression:
        assume(False)  # no band in it, or bits of something that needed float64
    assert defined.all()
    for index in range(SHAPE[0]):
        seen: list[int] = []
        expected = _exact(tree, {name: int(array[index]) for name, array in arrays.items()}, seen)
        hides = any(name in _spell(tree) for name in ("where", "<", "=="))
        if max(map(abs, seen)) < 2**53 or (data.dtype.kind == "i" and not hides):
            assert data[0, index] == expected


TOKENS = st.sampled_from(
    ["a", "b", "B04", "1", "0", "2.5", "17", "99999999999", "1e300", "é", "\x00", "\n", " ", "__class__", "f",
     "+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "~", "<<", ">>", "<", "==", "!=", "(", ")", "(", ")", ",", ";",
     "where(", "sqrt(", "fmod(", "sign(", "isnan(", "and", "or", "not", "if", "lambda", "=", ":", ".", "'", "["]
)  # fmt: skip
TEXTS = st.lists(TOKENS, max_size=30).map("".join) | st.text(max_size=60)
INFIX = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<", ">=", "==", "and", "or"])
PREFIX = st.sampled_from(["-", "~", "not ", "abs", "round", "sign", "sqrt", "isnan", "trunc"])
PAIRED = st.sampled_from(["arctan2", "maximum", "hypot", "fmod", "copysign"])


def _sound_nodes(inner):
    return st.one_of(
        st.tuples(inner, INFIX, inner).map(lambda parts: "({} {} {})".format(*parts)),
        st.tuples(PREFIX, inner).map(lambda parts: "({}({}))".format(*parts)),
        st.tuples(PAIRED, inner, inner).map(lambda parts: "{}({},{})".format(*parts)),
        st.tuples(inner, inner, inner).map(lambda parts: "where({},{},{})".format(*parts)),
        st.tuples(inner, st.integers(0, 62)).map(lambda parts: "({} << {})".format(*parts)),
    )


SOUND_LEAVES = st.sampled_from(["a", "b", "c", "1", "0", "2.5", "3", "70000", "9999999999"])
SOUND = st.recursive(SOUND_LEAVES, _sound_nodes, max_leaves=15)


def _compile(text):
    try:
        return compile_expression(text)
    except InvalidExpression as error:
        return error


@settings(FEW, max_examples=300)
@given(TEXTS)
def test_any_text_compiles_or_is_refused_at_a_place_in_it(text):
    outcome = _compile(text)
    if isinstance(outcome, InvalidExpression):
        assert outcome.position is not None
        assert 0 <= outcome.position <= len(text)
        assert outcome.detail.isprintable()
    else:
        assert outcome.names


@FEW
@given(SOUND, st.sampled_from("?bBhHiIqefdg"), st.sampled_from("?BHIQfd"))
def test_whatever_compiles_is_finite_or_refused_for_bands_of_any_type(text, first, second):
    """numexpr has no case that is missing, no cast that fails and no process that ends."""
    arrays = {
        "a": np.array([0, 1, 1, 0, 120], first),
        "b": np.array([0, 0, 1, 1, 200], second),
        "c": np.array([-(2**31), -1, 0, 1, 2**31 - 1], np.int32),
    }
    try:
        data, defined = evaluate(compile_expression(text), arrays)
    except InvalidExpression:
        return
    assert np.isfinite(data).all()
    assert data.dtype.char in "Bilfdq"
    assert (data[:, ~defined] == 0).all()


@FEW
@given(st.lists(FLOAT_TREES, min_size=1, max_size=4), st.sampled_from([";", ",", " ; ", ", "]))
def test_descriptions_compile_to_the_same_again(outputs, separator):
    try:
        expression = compile_expression(separator.join(outputs))
    except InvalidExpression:
        assume(False)
    assert expression.descriptions == tuple(outputs)
    again = compile_expression(";".join(expression.descriptions))
    assert (again.outputs, again.names) == (expression.outputs, expression.names)


@pytest.mark.parametrize("text", ["a", "a*2"])
def test_the_strategies_reach_real_expressions(text):
    assert compile_expression(text).names == ("a",)
