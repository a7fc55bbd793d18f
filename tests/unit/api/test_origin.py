"""The base of absolute URLs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from starlette.requests import Request

from app.api.origin import base_url, own_url
from app.settings import Settings


def base(
    headers: dict[str, str], *, peer: str = "127.0.0.1", scheme: str = "http", root: str = "", of=base_url, **settings
) -> str:
    runtime = SimpleNamespace(settings=Settings(**settings))
    scope = {
        "type": "http",
        "scheme": scheme,
        "path": "/",
        "root_path": root,
        "query_string": b"",
        "server": ("10.0.0.1", 8000),
        "client": (peer, 5000),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "app": SimpleNamespace(state=SimpleNamespace(runtime=runtime)),
    }
    return of(Request(scope))


def test_it_is_the_host_that_the_caller_used():
    assert base({"Host": "localhost:8123"}) == "http://localhost:8123"


def test_the_public_url_wins():
    assert base({"Host": "inside"}, public_url="https://tiles.example.com/swath/") == "https://tiles.example.com/swath"


def test_a_trusted_proxy_tells_scheme_host_and_prefix():
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "tiles.example.com", "X-Forwarded-Prefix": "/swath/"}
    assert base({"Host": "inside", **forwarded}) == "https://tiles.example.com/swath"


def test_rfc_7239_is_understood():
    forwarded = 'for=1.2.3.4;proto=https;host="a.example.com:8443"'
    assert base({"Host": "inside", "Forwarded": forwarded}) == "https://a.example.com:8443"


def test_what_the_proxy_writes_comes_before_what_it_may_only_pass_on():
    """nginx sets X-Forwarded-Host and leaves the caller's own Forwarded as it is."""
    headers = {"Host": "inside", "X-Forwarded-Host": "tiles.example.com", "Forwarded": "host=evil.example.com"}
    assert base(headers) == "http://tiles.example.com"


def test_the_sample_is_answered_in_process_only_under_the_real_host():
    """A caller could otherwise give any site's name to the sample's items, and a cache would keep that."""
    forwarded = {"Host": "tiles:8000", "X-Forwarded-Host": "elsewhere.example.com", "X-Forwarded-Prefix": "/swath"}
    assert base(forwarded, of=own_url) == "http://tiles:8000/swath"
    assert base(forwarded, of=own_url, public_url="https://a.example.com/") == "https://a.example.com"


def test_the_first_of_several_proxies_counts():
    headers = {"Host": "inside", "X-Forwarded-Host": "outer.example.com, inner", "X-Forwarded-Proto": "https,http"}
    assert base(headers) == "https://outer.example.com"


def test_a_stranger_is_not_believed():
    assert base({"Host": "tiles", "X-Forwarded-Host": "evil.example.com"}, peer="203.0.113.9") == "http://tiles"


@pytest.mark.parametrize("host", ["a b", "x/y", 'x"><script>', "[::1", "host:port"])
def test_a_host_that_is_none_is_not_shown(host):
    assert base({"Host": host}) != f"http://{host}"


def test_a_root_path_is_part_of_it():
    assert base({"Host": "h"}, root="/swath") == "http://h/swath"
