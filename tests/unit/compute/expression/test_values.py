"""What expressions compute, against numpy in float64 or Python's exact integers."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from app.compute.expression import compile_expression, evaluate
from app.errors import InvalidExpression

RNG = np.random.default_rng(20191205)
RED = RNG.integers(1, 10_000, (32, 48)).astype(np.uint16)
NIR = RNG.integers(1, 10_000, (32, 48)).astype(np.uint16)


def compute(text, **bands):
    return evaluate(compile_expression(text), bands)


def one(text, **bands):
    """The first output, for arrays given as lists of uint16 or as arrays."""
    arrays = {name: np.asarray(values) for name, values in bands.items()}
    return compute(text, **arrays)[0][0]


def test_ndvi_of_uint16_equals_numpy_in_float64():
    red, nir = RED.astype(np.float64), NIR.astype(np.float64)
    data, defined = compute("(B08-B04)/(B08+B04)", B08=NIR, B04=RED)
    np.testing.assert_allclose(data[0], (nir - red) / (nir + red), rtol=0, atol=1e-12)
    assert data.dtype == np.float64
    assert data.shape == (1, 32, 48)
    assert defined.all()
    assert data.min() < -0.9


def test_zero_by_zero_is_undefined_and_holds_zero():
    data, defined = compute("(a-b)/(a+b)", a=np.array([0, 3], np.uint16), b=np.array([0, 1], np.uint16))
    assert data.tolist() == [[0.0, 0.5]]
    assert defined.tolist() == [False, True]


@pytest.mark.parametrize(
    "text",
    ["log(a - 5)", "sqrt(-a)", "1.0/(a-a)", "exp(a*1e6)", "a // (a-a)", "a % (a-a)", "arcsin(a+1)", "fmod(a, a-a)"],
)
def test_what_has_no_finite_value_is_undefined(text):
    data, defined = compute(text, a=np.array([1, 2], np.uint16))
    assert not defined.any()
    assert data.tolist() == [[0.0, 0.0]]


def test_a_pixel_undefined_in_one_output_is_blank_in_all():
    data, defined = compute("a; b/a", a=np.array([0, 2], np.uint8), b=np.array([7, 8], np.uint8))
    assert data.tolist() == [[0.0, 2.0], [0.0, 4.0]]
    assert defined.tolist() == [False, True]


def test_nan_in_a_band_is_undefined_unless_the_expression_handles_it():
    band = np.array([np.nan, 2.0], np.float32)
    assert compute("a*2", a=band)[1].tolist() == [False, True]
    data, defined = compute("where(isnan(a), 9, a)", a=band)
    assert data.tolist() == [[9.0, 2.0]]
    assert defined.all()


def test_subtraction_of_uint16_does_not_wrap():
    data = one("a-b", a=np.array([1], np.uint16), b=np.array([65535], np.uint16))
    assert data.tolist() == [-65534]
    assert data.dtype == np.int32


@pytest.mark.parametrize(
    ("text", "dtype", "exact", "kept"),
    [
        ("a+a", np.uint8, lambda a: a + a, np.int32),
        ("a*a", np.int16, lambda a: a * a, np.int32),
        ("a*a", np.uint16, lambda a: a * a, np.int64),
        ("a*a*a", np.uint16, lambda a: a**3, np.int64),
        ("a*a*a*a", np.uint16, lambda a: float(a**4), np.float64),
        ("a*100000", np.uint16, lambda a: a * 100000, np.int64),
        ("a+a", np.int32, lambda a: a + a, np.int64),
        ("a*a", np.int32, lambda a: a * a, np.int64),
        ("a+a", np.uint32, lambda a: a + a, np.int64),
        ("a+1", np.int64, lambda a: float(a + 1), np.float64),
        ("-a", np.int32, lambda a: -a, np.int64),
        ("-a", np.uint32, lambda a: -a, np.int64),
        ("abs(a)", np.int32, lambda a: float(abs(a)), np.float64),
        ("a<<20", np.uint16, lambda a: a << 20, np.int64),
        ("a<<60", np.uint16, lambda a: float(a << 60), np.float64),
        ("a**2", np.uint16, lambda a: float(a**2), np.float64),
        ("a**4", np.uint16, lambda a: float(a**4), np.float64),
        ("a*1.0", np.uint64, float, np.float64),
        ("a*3000000000", np.uint8, lambda a: a * 3_000_000_000, np.int64),
        ("~a", np.uint32, lambda a: ~a, np.int64),
    ],
)
def test_integers_never_wrap(text, dtype, exact, kept):
    info = np.iinfo(dtype)
    extremes = [info.min, info.min + 1, info.max - 1, info.max]
    data = one(text, a=np.array(extremes, dtype))
    assert data.dtype == kept
    assert data.tolist() == [exact(value) for value in extremes]


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64])
@pytest.mark.parametrize("text", ["a // -1", "a % -1", "a % -3", "a // -3", "a % 7", "a // 7", "a // b", "a % b"])
def test_the_smallest_integer_can_be_divided(dtype, text):
    """``-2**31 // -1`` is a SIGFPE in numexpr's C code: the process would be gone."""
    smallest = int(np.iinfo(dtype).min)
    data = one(text, a=np.array([smallest] * 4, dtype), b=np.array([-1] * 4, dtype))
    b = -1
    expected = eval(text, {"a": smallest, "b": b})
    assert data.tolist() == pytest.approx([expected] * 4, rel=1e-15)


def test_dividing_integers_by_zero_leaves_other_pixels_alone():
    a, b = np.array([7, -7, 7], np.int16), np.array([2, 2, 0], np.int16)
    assert compute("a // b", a=a, b=b)[0].tolist() == [[3.0, -4.0, 0.0]]
    assert compute("a % b", a=a, b=b)[0].tolist() == [[1.0, 1.0, 0.0]]
    data, defined = compute("where(b == 0, 0, a // b)", a=a, b=b)
    assert data.tolist() == [[3.0, -4.0, 0.0]]
    assert defined.all()


def test_division_by_a_nonzero_constant_stays_an_integer():
    data = one("a % 4", a=np.array([0, 5, 65535], np.uint16))
    assert data.dtype == np.int32
    assert data.tolist() == [0, 1, 3]


def test_bits_of_a_quality_band_can_be_tested():
    quality = np.array([0b0000, 0b1000, 0b1010, 0xFFFF], np.uint16)
    assert one("(q >> 1) & 1", q=quality).tolist() == [0, 0, 1, 1]
    assert one("(q & 8) != 0", q=quality).tolist() == [0, 1, 1, 1]
    assert one("q & 0b1000 | 1", q=quality).tolist() == [1, 9, 9, 9]
    assert one("q << (2 > 1)", q=quality[:3]).tolist() == [0, 16, 20]
    assert one("q ^ q", q=quality).tolist() == [0, 0, 0, 0]


def test_conditions_become_uint8():
    data = one("a > 1000", a=np.array([999, 1001], np.uint16))
    assert data.dtype == np.uint8
    assert data.tolist() == [0, 1]


def test_conditions_in_arithmetic_count():
    """Three tests of which two hold make 2; numexpr alone would say True."""
    assert one("(a>1)+(a>2)+(a>9)", a=np.array([3], np.uint8)).tolist() == [2]
    assert one("-(a>1)", a=np.array([3], np.uint8)).tolist() == [-1]
    assert one("(a>1)*2.5", a=np.array([3], np.uint8)).tolist() == [2.5]
    assert one("(a>1)/(a>2)", a=np.array([3], np.uint8)).tolist() == [1.0]


def test_words_join_conditions_like_signs():
    a = np.arange(8, dtype=np.uint8)
    assert one("a > 2 and a < 6", a=a).tolist() == one("(a > 2) & (a < 6)", a=a).tolist()
    assert one("a < 2 or a > 6 or a == 4", a=a).tolist() == [1, 1, 0, 0, 1, 0, 0, 1]
    assert one("not a", a=a).tolist() == [1] + [0] * 7
    assert one("a and 2", a=a).tolist() == [0] + [1] * 7


def test_where_takes_numbers_as_conditions():
    assert one("where(a, 5, 6)", a=np.array([0, 2], np.uint8)).tolist() == [6, 5]
    assert one("where(a, a, 6)", a=np.array([0.0, 0.5], np.float32)).tolist() == [6.0, 0.5]


def test_a_constant_condition_chooses_the_branch():
    assert one("where(1 > 0, a, a/(a-a))", a=np.array([4], np.uint8)).tolist() == [4]
    assert one("(1 > 0) & (a > 3)", a=np.array([4], np.uint8)).tolist() == [1]
    assert one("~(1 > 0) | (a > 3)", a=np.array([3], np.uint8)).tolist() == [0]


@pytest.mark.parametrize(
    ("operation", "values"),
    [
        ("{} // {}", (7.5, 2)),
        ("{} // {}", (-7, 2)),
        ("{} // {}", (1.0, 0.1)),
        ("{} % {}", (-7, 3)),
        ("{} % {}", (-7.5, 2)),
        ("1.5 // {}", (0.4,)),
        ("{} ** {}", (2.0, -3)),
        ("{} ** {}", (-2.0, 2)),
        ("{} ** {}", (2, 0.5)),
        ("{} / {}", (5, 2)),
        ("{} | {}", (-16, 3)),
        ("-{} - ~{}", (5, 3)),
        ("({} > {}) + 1", (2, 1)),
        ("round({})", (2.5,)),
        ("round({})", (-7,)),
        ("sign({})", (-3,)),
        ("abs({})", (-3,)),
        ("floor({})", (-0.5,)),
        ("arctan2({}, {})", (1, 2)),
        ("maximum({}, {})", (1, 2)),
        ("isnan({})", (1.5,)),
        ("sign(not {})", (1,)),
        ("round({} > 2)", (3,)),
    ],
)
def test_constants_are_folded_as_arrays_would_compute_them(operation, values):
    folded = operation.format(*(f"({value})" for value in values))
    bands = {f"x{index}": np.array([value]) for index, value in enumerate(values)}
    assert one(f"0*x0 + ({folded})", **bands).tolist() == one(f"0*x0 + ({operation.format(*bands)})", **bands).tolist()


def test_a_constant_output_fills_the_plane():
    data, defined = compute("a; 7; 2*3", a=np.ones((2, 3), np.uint8))
    assert data.dtype == np.int32
    assert data[1].tolist() == [[7] * 3] * 2
    assert data[2].tolist() == [[6] * 3] * 2
    assert defined.shape == (2, 3)


def test_outputs_share_the_type_that_holds_them_all():
    a = np.ones(3, np.uint16)
    assert compute("a>0; a>1", a=a)[0].dtype == np.uint8
    assert compute("a>0; a", a=a)[0].dtype == np.int32
    assert compute("a>0; a*a; a", a=a)[0].dtype == np.int64
    assert compute("a>0; a/2", a=a)[0].dtype == np.float64


def test_float32_stays_float32_with_whole_numbers_it_can_hold():
    a, b = np.ones(3, np.float32), np.ones(3, np.uint32)
    for text in ("a*2", "a**2", "a**3", "a**0.5", "sqrt(a)", "-a", "a/(a+1)", "abs(a)", "where(a>1, a, 0)"):
        assert one(text, a=a).dtype == np.float32, text
    for text in ("a*2.0", "a*16777217", "a**0.25", "hypot(a, a)"):
        assert one(text, a=a).dtype == np.float64, text
    assert one("a+b", a=a, b=b).dtype == np.float64


def test_float32_and_a_large_integer_lose_nothing():
    """16777217 = 2**24 + 1 is no float32; numexpr alone would give 16777216."""
    assert one("a+b", a=np.array([0], np.float32), b=np.array([16777217], np.uint32)).tolist() == [16777217.0]


@pytest.mark.parametrize("shape", [(), (1,), (5,), (0,), (4, 6), (0, 3)])
def test_any_shape_is_kept(shape):
    a = np.full(shape, 3, np.uint16)
    for text in ("a/2", "a>1", "a", "a;1;a*a", "1/(a-3)"):
        data, defined = compute(text, a=a)
        assert data.shape[1:] == shape
        assert defined.shape == shape
        assert isinstance(defined, np.ndarray)


def test_views_and_foreign_byte_orders_are_read_right():
    a = np.arange(24, dtype=">u2").reshape(4, 6)[::-1, ::2]
    assert one("a+1", a=a).tolist() == (a.astype(int) + 1).tolist()
    assert one("a/2", a=np.asfortranarray(a)).tolist() == (a.astype(int) / 2).tolist()


def test_half_precision_and_bool_bands_are_read():
    assert one("a*2", a=np.array([1.5], np.float16)).tolist() == [3.0]
    assert one("a + a", a=np.array([True, False])).tolist() == [2, 0]
    assert one("~a", a=np.array([True, False])).tolist() == [0, 1]


def test_bands_are_not_changed():
    a = np.array([0.0, np.nan, 3.0])
    a.flags.writeable = False
    data, _ = compute("a; a/a", a=a)
    assert data.flags.writeable
    assert np.isnan(a[1])


def test_the_same_expression_serves_bands_of_other_types():
    expression = compile_expression("a*a")
    for dtype, kept in ((np.uint8, np.int32), (np.uint16, np.int64), (np.float32, np.float32), (np.uint8, np.int32)):
        assert evaluate(expression, {"a": np.array([200], dtype)})[0].dtype == kept


def test_more_bands_than_needed_may_be_given():
    assert one("a", a=np.array([1]), b=np.array(["text"])).tolist() == [1]


def test_a_missing_band_is_named_with_those_there_are():
    with pytest.raises(InvalidExpression, match="no band 'B05'; there are B04, B08") as caught:
        compute("B04 + B05 + B05", B04=RED, B08=NIR)
    assert caught.value.position == 6


def test_complex_bands_are_refused():
    with pytest.raises(InvalidExpression, match="complex64"):
        compute("a", a=np.zeros(3, np.complex64))


@pytest.mark.parametrize(("text", "position"), [("1 + (a & 3)", 5), ("~a", 0), ("a << 2", 0), ("a | a", 0)])
def test_bits_of_decimals_are_refused(text, position):
    with pytest.raises(InvalidExpression, match="whole numbers") as caught:
        compute(text, a=np.ones(3, np.float32))
    assert caught.value.position == position


def test_too_many_whole_numbers_are_refused_with_the_way_out():
    def total(count, point):
        terms = [f"(a>{n}{point})" for n in range(count)]
        while len(terms) > 1:
            terms = ["(" + "+".join(terms[i : i + 2]) + ")" for i in range(0, len(terms), 2)]
        return terms[0]

    a = np.array([3.5])
    assert one(total(58, ""), a=a).tolist() == [4]
    with pytest.raises(InvalidExpression, match=r"more than 60 bands and different whole numbers.* as 3\.0"):
        one(total(60, ""), a=a)
    assert one(total(60, ".0"), a=a).tolist() == [4]


def test_the_largest_expressions_are_computed():
    """Limits meet numexpr's own (63 arrays, 255 registers, 200 parentheses) on this side of them."""
    terms = [f"a*{n}.5" for n in range(64)]
    while len(terms) > 1:
        terms = ["(" + "+".join(terms[i : i + 2]) + ")" for i in range(0, len(terms), 2)]
    assert one(terms[0], a=np.array([2.0])).tolist() == [2 * (sum(range(64)) + 32)]
    nested = "a"
    for _ in range(10):
        nested = f"where(a>1,{nested}*2,((a>0)+(a>1))//1)"
    assert one(nested, a=np.array([2], np.uint16)).tolist() == [2048]
    chain = "a>0"
    for _ in range(15):
        chain = f"({chain}) + 1 > 1"
    assert one(chain, a=np.array([2], np.uint16)).tolist() == [1]


def test_nested_squares_do_not_grow_without_bound():
    """numexpr's own optimiser writes ``((a**2)**2)**2`` out: 31 levels would be 2**31 products."""
    text = "a"
    for _ in range(30):
        text = f"({text})**2"
    assert one(text, a=np.array([1.0])).tolist() == [1.0]
    text = "a"
    for _ in range(30):
        text = f"({text})**16"
    assert one(text, a=np.array([1], np.uint16)).tolist() == [1.0]


def test_threads_compute_the_same_expression_at_once():
    text = "(B08-B04)/(B08+B04); where(B08>B04, B08*B04, 7)"
    expected = compute(text, B08=NIR, B04=RED)[0]
    equal = []

    def work():
        equal.extend(np.array_equal(compute(text, B08=NIR, B04=RED)[0], expected) for _ in range(30))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(equal) == 240
    assert all(equal)
