"""Any change of path or query breaks a signature; the order of different parameters does not."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode

from hypothesis import assume, given
from hypothesis import strategies as st

from app.access.signature import Kind, Signer

SIGNER = Signer(["a secret of tests"])
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = TEXT.filter(lambda name: name != "sig")
PAIRS = st.lists(st.tuples(NAMES, TEXT), max_size=6)
PATHS = TEXT.map(lambda text: f"/{text}")


@given(PATHS, PAIRS, PATHS, PAIRS)
def test_a_signature_fits_only_what_it_was_made_for(path, pairs, other_path, other_pairs):
    def by_name(given: list[tuple[str, str]]) -> dict[str, list[str]]:
        return {name: [value for each, value in given if each == name] for name, _ in given}

    signature = SIGNER.sign(Kind.URL, path, pairs)
    same = path == other_path and by_name(pairs) == by_name(other_pairs)
    assert SIGNER.fits(signature, other_path, other_pairs) == same


@given(PATHS, PAIRS, st.data())
def test_one_changed_character_breaks_a_signature(path, pairs, data):
    signature = SIGNER.sign(Kind.URL, path, pairs)
    assert SIGNER.fits(signature, path, pairs)
    whole = [path, *(text for pair in pairs for text in pair)]
    which = data.draw(st.integers(0, len(whole) - 1))
    changed = data.draw(TEXT)
    assume(changed != whole[which])
    texts = [*whole[:which], changed, *whole[which + 1 :]]
    others = list(zip(texts[1::2], texts[2::2], strict=True))
    assume("sig" not in dict(others))
    assert not SIGNER.fits(signature, texts[0], others)


@given(PATHS, st.dictionaries(NAMES, TEXT, max_size=6), st.randoms())
def test_the_order_of_different_parameters_means_nothing(path, query, random):
    shuffled = list(query.items())
    random.shuffle(shuffled)
    assert SIGNER.fits(SIGNER.sign(Kind.URL, path, list(query.items())), path, shuffled)


@given(PATHS, PAIRS)
def test_the_spelling_of_a_character_means_nothing(path, pairs):
    """``%41`` is ``A`` and ``+`` is a space, as for the routes."""
    signature = SIGNER.sign(Kind.URL, path, pairs)
    escaped = "&".join("=".join("".join(f"%{byte:02X}" for byte in text.encode()) for text in pair) for pair in pairs)
    for text in (urlencode(pairs), urlencode(pairs, quote_via=quote), escaped):
        assert SIGNER.fits(signature, path, parse_qsl(text, keep_blank_values=True))
