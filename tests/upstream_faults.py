"""Everything that an upstream can do wrong, and the status that it has for the caller."""

from __future__ import annotations

from typing import Any

from tests.hostile_tiff import tiff

Faults = dict[str, tuple[dict[str, Any], int]]
"""By name: how the upstream misbehaves (``tests.upstream.Fault``), and the status."""

HTML = b"<!doctype html><title>Sign in</title>" + b"<p>Please sign in.</p>" * 20

ANY_FAULTS: Faults = {
    "400": ({"status": 400}, 424),
    "401": ({"status": 401}, 424),
    "403": ({"status": 403}, 424),
    "416": ({"status": 416}, 424),
    "429": ({"status": 429, "headers": {"Retry-After": "7"}}, 503),
    "500": ({"status": 500}, 502),
    "501": ({"status": 501}, 502),
    "502": ({"status": 502}, 502),
    "503": ({"status": 503, "headers": {"Retry-After": "7"}}, 503),
    "504": ({"status": 504}, 502),
    "204": ({"status": 204}, 424),
    "a page to sign in": ({"body": HTML, "headers": {"Content-Type": "text/html"}}, 424),
    "no bytes": ({"body": b""}, 424),
    "cut before the headers": ({"cut_at": -1}, 502),
    "cut in the body": ({"cut_at": 20}, 502),
    "hangs": ({"delay_s": 60}, 504),
    "hangs after the headers": ({"hang_at": 0}, 504),
    "hangs in the body": ({"hang_at": 20}, 504),
    "drips": ({"drip_s": 0.2}, 504),
    "endless": ({"endless": True, "ignore_range": True}, 424),
    "redirects to itself": ({"redirect": "?again"}, 424),
    "redirects to nowhere": ({"redirect": ""}, 424),
    "redirects to a private address": ({"redirect": "http://192.168.0.1/"}, 403),
}
ITEM_FAULTS: Faults = {
    **ANY_FAULTS,
    "404": ({"status": 404}, 404),
    "410": ({"status": 410}, 404),
    "half an item": ({"body": b'{"type": "Feature", "assets": {'}, 424),
    "a list": ({"body": b"[1, 2, 3]"}, 424),
    "binary": ({"body": bytes(range(256))}, 424),
}
ASSET_FAULTS: Faults = {
    **ANY_FAULTS,
    "404": ({"status": 404}, 424),
    "410": ({"status": 410}, 424),
    "another range": ({"wrong_range": True}, 502),
    "a range without an end": ({"endless": True}, 502),
    "half a directory": ({"body": tiff(64, 64)[:60]}, 424),
    "only a signature": ({"body": b"II*\0"}, 424),
    "random bytes": ({"body": bytes(n * 89 % 251 for n in range(5000))}, 424),
}
