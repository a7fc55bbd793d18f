"""The base of absolute URLs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from starlette.requests import Request

from app.api.origin import base_url
from app.settings import Settings


def base(headers: dict[str, str], *, peer: str = "127.0.0.1", scheme: str = "http", root: str = "", **settings) -> str:
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
    return base_url(Request(scope))


def test_it_is_the_host_that_the_caller_used():
    assert base({"Host": "localhost:8123"}) == "http://localhost:8123"


def test_the_public_url_wins():
    assert base({"Host": "inside"}, public_url="https://tiles.example.com/swath/") == "https://tiles.example.com/swath"


def test_a_trusted_proxy_tells_scheme_host_and_prefix():
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "tiles.example.com", "X-Forwarded-Prefix": "/swath/"}
    assert base({"Host": "inside", **forwarded}) == "https://tiles.example.com/swath"


def test_rfc_7239_is_preferred():
    forwarded = 'for=1.2.3.4;proto=https;host="a.example.com:8443"'
    headers = {"Host": "inside", "X-Forwarded-Proto": "http", "Forwarded": forwarded}
    assert base(headers) == "https://a.example.com:8443"


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
