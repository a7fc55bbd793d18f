"""What a request shows for itself, and what its path needs."""

from __future__ import annotations

import pytest

from app.access.keys import Scope
from app.api.access import (
    as_private,
    forwarded_for,
    is_open,
    key_of_headers,
    path_below_prefix,
    read_asked,
    scope_of,
    until,
)
from app.errors import LimitExceeded
from app.main import create_app
from app.settings import Settings


def scope(*headers: tuple[str, str], query: str = "", method: str = "GET", **more) -> dict:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return {"headers": raw, "query_string": query.encode("latin-1"), "method": method, "path": "/cog/info", **more}


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ([], None),
        ([("Authorization", "Bearer abc")], "abc"),
        ([("Authorization", "bearer  abc ")], "abc"),
        ([("X-API-Key", "abc")], "abc"),
        ([("Authorization", "Bearer abc"), ("X-API-Key", "other")], "abc"),
        ([("Authorization", "Basic dTpw"), ("X-API-Key", "abc")], "abc"),
        ([("Authorization", "Basic dTpw")], None),
        ([("Authorization", "Bearer a"), ("Authorization", "Bearer a")], ""),
        ([("X-API-Key", "a"), ("X-API-Key", "b")], ""),
        ([("Authorization", "Bearer ")], ""),
    ],
)
def test_a_key_comes_as_bearer_or_as_x_api_key(headers, key):
    assert key_of_headers(scope(*headers)) == key


def test_secrets_are_taken_out_of_the_query_and_nothing_else_is_touched():
    asked = scope(query="url=a%20b&access_token=KEY&x=%2f+&sig=S&expires=1&%73ig=T&flag")
    shown = read_asked(asked, "/cog/info")
    assert asked["query_string"] == b"url=a%20b&x=%2f+&flag"
    assert dict(shown.pairs) == {"url": "a b", "access_token": "KEY", "x": "/ ", "sig": "T", "expires": "1", "flag": ""}


def test_a_query_without_secrets_is_not_even_read():
    asked = scope(query="url=a&expires=1")
    assert read_asked(asked, "/cog/info").pairs == ()
    assert asked["query_string"] == b"url=a&expires=1"


def test_too_many_parameters_are_not_looked_through():
    with pytest.raises(LimitExceeded, match="64"):
        read_asked(scope(query="sig=a" + "&a=b" * 100), "/cog/info")


def test_a_signature_does_not_cover_a_body():
    assert not read_asked(scope(query="sig=a", method="POST"), "/v0/search").reads_only


def test_the_path_is_the_one_below_the_prefix():
    assert path_below_prefix({"path": "/swath/livez", "root_path": "/swath"}) == "/livez"
    assert path_below_prefix({"path": "/swath", "root_path": "/swath"}) == "/"
    assert path_below_prefix({"path": "/livez"}) == "/livez"


def test_forwarded_addresses_are_read_in_both_spellings():
    assert forwarded_for(scope(("X-Forwarded-For", "a, b"), ("X-Forwarded-For", "c"))) == ["a", " b", "c"]
    given = scope(("Forwarded", 'for=192.0.2.1;proto=https, For="[2001:db8::1]:47"'))
    assert forwarded_for(given) == ["192.0.2.1", '"[2001:db8::1]:47"']
    assert forwarded_for(scope(("Forwarded", "for=a"), ("X-Forwarded-For", "b"))) == ["b"]


EXPECTED = {
    "/stac/tiles/1/2/3": Scope.TILES,
    "/cog/tiles/WebMercatorQuad/1/2/3@2x.png": Scope.TILES,
    "/stac/tilejson.json": Scope.TILES,
    "/stac/WebMercatorQuad/tilejson.json": Scope.TILES,
    "/stac/crop/tilejson.json": Scope.TILES,
    "/stac/crop/1,2,3,4.png": Scope.DATA,
    "/cog/bbox/1,2,3,4/5x6.png": Scope.DATA,
    "/cog/preview": Scope.DATA,
    "/cog/preview.png": Scope.DATA,
    "/cog/preview/5x6.png": Scope.DATA,
    "/stac/point/1,2": Scope.DATA,
    "/cog/info": Scope.INFO,
    "/stac/bounds": Scope.INFO,
    "/stac/assets": Scope.INFO,
    "/stac/explain": Scope.INFO,
    "/v0/search": Scope.INFO,
    "/samples/catalog.json": Scope.INFO,
    f"/search/{'a1' * 32}": Scope.INFO,
    f"/search/{'a1' * 32}/items": Scope.INFO,
    f"/search/{'a1' * 32}/tiles/1/2/3": Scope.TILES,
    f"/search/{'a1' * 32}/crop/1,2,3,4.png": Scope.DATA,
    f"/search/{'a1' * 32}/timeseries/point/1,2": Scope.DATA,
    "/search/point/1,2": Scope.DATA,
    "/metrics": Scope.METRICS,
    "/nowhere": None,
    "/stac": None,
    "/stac/": None,
}


@pytest.mark.parametrize(("path", "needed"), EXPECTED.items())
def test_each_kind_of_route_has_its_scope(path, needed):
    assert scope_of(path) == needed
    assert not is_open(path)


@pytest.mark.parametrize("path", ["/", "/livez", "/readyz", "/healthz", "/docs", "/openapi.json", "/viewer/js/main.js"])
def test_probes_and_pages_are_open(path):
    assert is_open(path)


@pytest.mark.parametrize("path", ["/livez/", "/docs/x", "/viewer", "/viewerx", "//", "/LIVEZ", "", "/stac/livez"])
def test_what_looks_like_them_is_not(path):
    assert not is_open(path)


def test_no_route_was_forgotten():
    """A new route is open, or it has a scope."""
    paths = [route.path.replace("{ds:dataset}", "stac") for route in create_app(Settings())._app.routes]
    assert len(paths) > 30
    assert [path for path in paths if scope_of(path) is None and not is_open(path)] == []


@pytest.mark.parametrize(
    ("control", "private"),
    [
        ("public, max-age=3600", "private, max-age=3600"),
        ("Public,max-age=60,S-MaxAge=600, immutable", "private, max-age=60, immutable"),
        ("no-cache", "private, no-cache"),
        ("no-store", "no-store"),
        ("private, max-age=1", "private, max-age=1"),
        ("", "private"),
    ],
)
def test_an_answer_to_a_key_is_private(control, private):
    assert as_private(control) == private


@pytest.mark.parametrize(
    ("control", "capped"),
    [
        ("public, max-age=3600", "public, max-age=60"),
        ("max-age=5, s-maxage=3600", "max-age=5, s-maxage=60"),
        ("public, max-age=3600, stale-while-revalidate=86400", "public, max-age=60"),
        ("no-cache", "no-cache"),
    ],
)
def test_a_signed_answer_is_kept_no_longer_than_its_url_is_valid(control, capped):
    assert until(control, 60) == capped
