"""What is refused, with the place in the text and the remedy."""

from __future__ import annotations

import warnings

import pytest

from app.compute.expression import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_EXPONENT,
    MAX_NODES,
    MAX_OUTPUTS,
    compile_expression,
)
from app.errors import InvalidExpression


def refusal(text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InvalidExpression) as caught:
            compile_expression(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "an example is"),
        ("   ", 0, "an example is"),
        ("B04 B08", 4, "an operator is missing before 'B08'"),
        ("2 B08", 2, "an operator is missing"),
        ("B04 +", 5, "a value is missing after '+'"),
        ("B04 + * B08", 6, "a value is missing before '*'"),
        ("B04 && B08", 5, "a single & joins"),
        ("B04 ~ B08", 4, "an operator is missing before '~'"),
        ("1 + (B04", 4, "never closed"),
        ("B04) + 1", 3, "closes nothing"),
        ("()", 1, "a value is missing before ')'"),
        ("(B04,B08)", 4, "a comma separates"),
        ("where(B04,(B03,B02),1)", 14, "a comma separates"),
        ("(B04; B08)", 0, "not closed before ';'"),
        ("B04;;B08", 4, "a value is missing before ';'"),
        (";B04", 0, "a value is missing before ';'"),
        ("B04,", 4, "a value is missing after ','"),
        ("B04,,B08", 4, "a value is missing before ','"),
        ("B04 = 3", 4, "write =="),
        ("B04 === 3", 6, "write =="),
        ("B04 =< 3", 4, "write =="),
        ("B04 <> 3", 5, "a value is missing before '>'"),
        ("!B04", 0, "write !="),
        ("B04 ? 1 : 2", 4, "where(condition, a, b)"),
        ("B04 if B08 else 1", 4, "where(condition, a, b)"),
        ("B04 @ B08", 4, "'@' is not used"),
        ("B04 $ 1", 4, "'$' is not used"),
        ("B04\\B08", 3, "is not used"),
        ("B04 #B08", 4, "is not used"),
        ("B04\n+1", 3, "printable ASCII"),
        ("B04\x00", 3, "printable ASCII"),
        ("B04 \u2212 B08", 4, "printable ASCII"),
        ("\u00e9tat/2", 0, "printable ASCII"),
        ("\ufb01eld", 0, "printable ASCII"),
        ("'B04'", 0, "written bare"),
        ('"a"*9999', 0, "written bare"),
        ("f'{B04}'", 1, "written bare"),
        ("f\"{__import__('os')}\"", 1, "written bare"),
        ("B04.real", 3, "nothing has attributes"),
        ("().__class__", 1, "a value is missing"),
        ("(1).__class__", 3, "nothing has attributes"),
        ("1..real", 2, "continues a number"),
        ("1.2.3", 3, "continues a number"),
        ("1_000", 1, "continues a number"),
        ("12abc", 2, "continues a number"),
        ("1j*B04", 1, "continues a number"),
        ("1if B04 else 2", 1, "continues a number"),
        ("007*B04", 0, "leading zeros"),
        ("1e999*B04", 0, "not a finite number"),
        ("[B04]", 0, "group with ( )"),
        ("B04[0]", 3, "group with ( )"),
        ("{B04}", 0, "group with ( )"),
        ("[x for x in B04]", 0, "group with ( )"),
        ("(x for x in B04)", 3, "reserved word"),
        ("lambda: 1", 0, "reserved word"),
        ("(lambda x: x)(1)", 1, "reserved word"),
        ("(x := 3)", 3, "':' is not used"),
        ("await B04", 0, "reserved word"),
        ("B04 is B08", 4, "reserved word"),
        ("B04 not in B08", 4, "an operator is missing before 'not'"),
        ("B04 + not B08", 6, "add parentheses"),
        ("True * B04", 0, "write 1 or 0"),
        ("None", 0, "reserved word"),
        ("0 < B04 < 10", 0, "write (0 < B04) & (B04 < 10)"),
        ("1 + (0 < B04 == B08)", 5, "cannot be chained"),
        ("sqr(B04)", 0, "did you mean sqrt"),
        ("1 + Maximun(B04, 2)", 4, "did you mean maximum"),
        ("min(B04, B08)", 0, "minimum(a, b)"),
        ("sum(B04)", 0, "pixel by pixel"),
        ("foo(B04)", 0, "there are abs, arccos"),
        ("conj(B04)", 0, "there is no function 'conj'"),
        ("complex(B04, 1)", 0, "there is no function"),
        ("contains(B04, 1)", 0, "there is no function"),
        ("__import__(B04)", 0, "there is no function '__import__'"),
        ("eval(B04)", 0, "there is no function 'eval'"),
        ("sqrt(B04)(2)", 9, "only a function name"),
        ("(sqrt)(B04)", 6, "only a function name"),
        ("2(B04)", 1, "write * to multiply"),
        ("sqrt()", 0, "sqrt() takes 1 argument, not 0"),
        ("sqrt(B04, 2)", 0, "sqrt() takes 1 argument, not 2"),
        ("where(B04, 2)", 0, "where() takes 3 arguments, not 2"),
        ("sqrt(x=1)", 6, "write =="),
        ("sqrt(*B04)", 5, "cannot be spread"),
        ("sqrt(**B04)", 5, "cannot be spread"),
        ("sqrt(B04,)", 9, "a value is missing before ')'"),
        ("B04 / 0", 6, "divides by the constant 0"),
        ("B04 % (1-1)", 7, "divides by the constant 0"),
        ("B04 // 0.0", 7, "divides by the constant 0"),
        ("1/0 + B04", 2, "divides by the constant 0"),
        ("log(0) + B04", 0, "not a finite number"),
        ("B04 + (-8)**0.5", 6, "not a finite number"),
        ("1e300*1e300*B04", 0, "not a finite number"),
        ("exp(710)*B04", 0, "not a finite number"),
        ("1.5 & B04", 0, "whole numbers"),
        ("B04 ^ 2.0", 0, "a power is written a ** b"),
        ("1.5 << 2", 0, "whole numbers"),
        ("B04 << B08", 7, "from 0 to 62"),
        ("B04 >> 63", 7, "from 0 to 62"),
        ("B04 << -1", 7, "from 0 to 62"),
        ("1 + 1", 0, "names no band"),
    ],
)
def test_refused_with_position_and_remedy(text, position, message):
    error = refusal(text)
    assert error.position == position
    assert message in error.detail


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("9**9**9**9**9 + B04", 9),
        ("B04**9**9", 5),
        ("B04**17", 5),
        ("B04**-17", 5),
        ("B04**(2**5)", 6),
        ("2**1000 * B04", 3),
        ("B04**1e9", 5),
        ("(2**16)**16 * B04 * 9**9**9", 23),
    ],
)
def test_towers_of_powers_are_refused_at_the_exponent(text, position):
    error = refusal(text)
    assert error.position == position
    assert f"at most {MAX_EXPONENT}" in error.detail


def test_constants_that_grow_by_products_end_at_a_float64():
    """16**16 fits 64 bits no more: from there on floats, which end at 1e308."""
    assert refusal("(((16**16)**16)**16)**16 * B04").position is not None
    assert refusal("*".join(["9" * 60] * 8) + "*B04").position == 0


def test_huge_whole_numbers_are_refused():
    assert "not a finite number" in refusal("9" * 400 + "*B04").detail
    assert refusal("1 + " + "9" * 2000).position == 4


def test_sizes_are_limited_and_the_message_has_the_limit():
    too_long = refusal("B04+" * 2500)
    assert too_long.position == MAX_CHARACTERS == 2048
    assert "2048" in too_long.detail
    assert "10000" in too_long.detail
    too_many = refusal("(a+a)*" * 100 + "a")
    assert f"more than {MAX_NODES}" in too_many.detail
    assert MAX_NODES == 256
    assert f"more than {MAX_OUTPUTS} outputs" in refusal(";".join("abcdefghi")).detail
    assert refusal(",".join("abcdefghi")).position == 15
    assert len(compile_expression(",".join("abcdefgh")).outputs) == MAX_OUTPUTS == 8


def test_depth_is_limited():
    assert f"deeper than {MAX_DEPTH}" in refusal("-" * MAX_DEPTH + "B04").detail
    assert refusal("-" * MAX_DEPTH + "B04").position == MAX_DEPTH
    assert compile_expression("-" * (MAX_DEPTH - 1) + "B04")
    assert f"deeper than {MAX_DEPTH}" in refusal("+".join(["B04"] * (MAX_DEPTH + 1))).detail
    assert compile_expression("+".join(["B04"] * MAX_DEPTH))
    assert refusal("(" * 500 + "B04" + ")" * 500).position == 32
    assert compile_expression("(" * 32 + "B04" + ")" * 32)
    assert "more than 256" in refusal("~" * 2000 + "B04").detail
    assert refusal("sqrt(" * 33 + "B04" + ")" * 33).position == 5 * 32 + 4


def test_what_the_caller_sent_is_shown_shortened_and_printable():
    error = refusal("B04 + \x1b[31m" + "x" * 200)
    assert "\x1b" not in error.detail
    assert len(error.detail) < 200


def test_errors_are_not_remembered():
    before = compile_expression.cache_info().currsize
    refusal("B04 +")
    assert compile_expression.cache_info().currsize == before
