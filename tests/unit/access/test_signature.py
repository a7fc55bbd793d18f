"""Signatures, held against hashlib and hmac by hand."""

from __future__ import annotations

import base64
import hmac

import pytest

from app.access.signature import Kind, Signer, is_template, sign_url, template_of, text_to_sign

SECRET = "0123456789abcdef"
OLD = "fedcba9876543210"
TILE = "/stac/tiles/WebMercatorQuad/13/4797/3391@1x.png"
TEMPLATE = "/stac/tiles/WebMercatorQuad/{z}/{x}/{y}@1x.png"
PAIRS = [("url", "https://a/b.json?x=1"), ("assets", "B04"), ("assets", "B03"), ("expires", "1700000000")]


def by_hand(text: str, secret: str = SECRET) -> str:
    digest = hmac.new(secret.encode(), text.encode(), "sha256").digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_what_is_signed_is_four_lines_in_one_encoding():
    assert text_to_sign(Kind.URL, "/cog/crop/1,2,3,4.png", [("b", "ü +"), ("a", "/~"), ("sig", "old")]) == (
        "swath-1\nu\n/cog/crop/1%2C2%2C3%2C4.png\na=%2F~&b=%C3%BC%20%2B"
    )


def test_a_signature_is_hmac_sha256_of_that_text():
    expected = by_hand(
        "swath-1\nu\n/stac/tiles/WebMercatorQuad/13/4797/3391%401x.png\n"
        "assets=B04&assets=B03&expires=1700000000&url=https%3A%2F%2Fa%2Fb.json%3Fx%3D1"
    )
    assert Signer([SECRET]).sign(Kind.URL, TILE, PAIRS) == f"u.{expected}"


def test_a_template_is_signed_with_its_placeholders():
    expected = by_hand(
        "swath-1\nt\n/stac/tiles/WebMercatorQuad/%7Bz%7D/%7Bx%7D/%7By%7D%401x.png\n"
        "assets=B04&assets=B03&expires=1700000000&url=https%3A%2F%2Fa%2Fb.json%3Fx%3D1"
    )
    signer = Signer([SECRET])
    assert signer.sign(Kind.TEMPLATE, TEMPLATE, PAIRS) == f"t.{expected}"
    assert signer.fits(f"t.{expected}", TILE, PAIRS)
    assert signer.fits(f"t.{expected}", TILE.replace("13/4797/3391", "0/0/0"), PAIRS)


@pytest.mark.parametrize(
    "path",
    [
        "/stac/tiles/WebMercatorQuad/13/4797/3391@2x.png",
        "/stac/tiles/WebMercatorQuad/13/4797/3391@1x.jpg",
        "/stac/tiles/WebMercatorQuad/13/4797/3391",
        "/stac/tiles/WGS1984Quad/13/4797/3391@1x.png",
        "/stac/tiles/13/4797/3391@1x.png",
        "/cog/tiles/WebMercatorQuad/13/4797/3391@1x.png",
        "/stac/tiles/WebMercatorQuad/13/4797/3391@1x.png/",
        "/stac/tiles/WebMercatorQuad/13/4797/-1@1x.png",
        "/stac/crop/1,2,3,4.png",
        "/stac/tiles/WebMercatorQuad/{z}/{x}/{y}@1x.png",
    ],
)
def test_the_signature_of_a_template_opens_no_other_path(path):
    signer = Signer([SECRET])
    signature = signer.sign(Kind.TEMPLATE, TEMPLATE, PAIRS)
    assert not signer.fits(signature, path, PAIRS)


def test_a_signature_of_one_kind_is_none_of_the_other():
    signer = Signer([SECRET])
    of_url, of_template = signer.sign(Kind.URL, TILE, PAIRS), signer.sign(Kind.TEMPLATE, TEMPLATE, PAIRS)
    assert not signer.fits(f"t{of_url[1:]}", TILE, PAIRS)
    assert not signer.fits(f"u{of_template[1:]}", TILE, PAIRS)


def test_values_of_one_name_keep_their_order_for_it_has_a_meaning():
    signer = Signer([SECRET])
    signature = signer.sign(Kind.URL, TILE, PAIRS)
    swapped = [PAIRS[0], PAIRS[2], PAIRS[1], PAIRS[3]]
    assert signer.fits(signature, TILE, [PAIRS[3], *PAIRS[:3]])
    assert not signer.fits(signature, TILE, swapped)


def test_the_first_secret_signs_and_all_verify():
    both, old, new = Signer([SECRET, OLD]), Signer([OLD]), Signer([SECRET])
    assert both.sign(Kind.URL, TILE, PAIRS) == new.sign(Kind.URL, TILE, PAIRS)
    assert both.fits(old.sign(Kind.URL, TILE, PAIRS), TILE, PAIRS)
    assert not new.fits(old.sign(Kind.URL, TILE, PAIRS), TILE, PAIRS)


@pytest.mark.parametrize("signature", ["", "u", "u.", "t.", "x.abc", "ü", "u." + "A" * 43, "u." + "A" * 100_000])
def test_what_is_no_signature_fits_nothing(signature):
    assert not Signer([SECRET]).fits(signature, TILE, PAIRS)


def test_a_signature_cut_short_or_padded_fits_nothing():
    signer = Signer([SECRET])
    signature = signer.sign(Kind.URL, TILE, PAIRS)
    assert signer.fits(signature, TILE, PAIRS)
    for other in (signature[:-1], signature + "=", signature + " ", signature.upper()):
        assert not signer.fits(other, TILE, PAIRS)


def test_the_template_of_a_path_is_found_for_tiles_only():
    assert template_of(TILE) == TEMPLATE
    assert template_of("/cog/tiles/0/0/0") == "/cog/tiles/{z}/{x}/{y}"
    of_search = f"/search/{'a1' * 32}/tiles/WebMercatorQuad"
    assert template_of(f"{of_search}/0/0/0.png") == f"{of_search}/{{z}}/{{x}}/{{y}}.png"
    assert template_of(f"/stac/{'a1' * 32}/tiles/0/0/0") is None
    assert template_of("/stac/tilejson.json") is None
    assert is_template(TEMPLATE)
    assert not is_template(TILE)


def test_a_whole_url_is_signed_below_the_prefix_of_the_server():
    signer = Signer([SECRET])
    signed = sign_url(signer, "https://h/swath//cog/info?url=a%20b&sig=old&expires=1", 1700000000, prefix="/swath/")
    signature = signer.sign(Kind.URL, "/cog/info", [("url", "a b"), ("expires", "1700000000")])
    assert signed == f"https://h/swath//cog/info?url=a%20b&expires=1700000000&sig={signature}"


def test_a_url_with_placeholders_is_signed_as_a_template():
    signer = Signer([SECRET])
    signed = sign_url(signer, f"https://h{TEMPLATE}?assets=B04", 1700000000)
    signature = signer.sign(Kind.TEMPLATE, TEMPLATE, [("assets", "B04"), ("expires", "1700000000")])
    assert signed == f"https://h{TEMPLATE}?assets=B04&expires=1700000000&sig={signature}"


def test_a_prefix_is_whole_words():
    signer = Signer([SECRET])
    signed = sign_url(signer, "https://h/stac/info?url=a", 1700000000, prefix="/s")
    assert signed.endswith(signer.sign(Kind.URL, "/stac/info", [("url", "a"), ("expires", "1700000000")]))
