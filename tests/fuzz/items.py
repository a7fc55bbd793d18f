"""STAC items that are nearly right: real ones, or one that we write, changed as JSON and as bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from tests.shared import DATA

ELSEWHERE, HERE = re.compile(rb"\b(https?|s3|gs|az|abfs)://[^/\"]+"), b"http://127.0.0.1:9"
OWN = {
    "type": "Feature", "stac_version": "1.0.0", "id": "scene", "bbox": [30.8, 29.4, 30.9, 29.5], "geometry": None,
    "properties": {"datetime": "2019-01-01T00:00:00Z", "eo:cloud_cover": 3, "providers": [{"name": "Us"}]},
    "links": [{"rel": "self", "href": "item.json"}],
    "assets": {
        "B04": {"href": "good.tif", "type": "image/tiff", "roles": ["data"], "eo:bands": [{"name": "B04", "common_name": "red"}],
                "raster:bands": [{"nodata": 0, "scale": 0.1, "offset": 0}]},
        "thumbnail": {"href": "thumbnail.png", "type": "image/png"},
    },
}  # fmt: skip
HREFS = (
    "", " ", ".", "..", "/", "//", "\x00", "good.tif\x00", "item.json", "./item.json", "a" * 5000, "http://", "http://[", "http://[::1",
    "http://127.0.0.1:1/a.tif", "https://user:pw@127.0.0.1/a", "http://localhost:99999/", "file:///etc/passwd", "/vsicurl/http://a",
    "s3://", "gs:///a", "az://", "data:image/tiff;base64,SUkqAA==", "?", "#", "%", "%zz", "good.tif?x#y", "good.tif/",
    "\ud800", "é.tif", "vrt://good.tif", "GTIFF_DIR:1:good.tif", "<VRTDataset/>", "http://2130706433/", "http://0x7f.1/", "good.tif|x",
)  # fmt: skip
NUMBERS = (0, -1, 0.5, 1e308, -1e308, 10**400, 2**63, float("nan"), float("inf"))
QUESTIONS = (
    "/stac/info",
    "/stac/assets",
    "/stac/tilejson.json",
    "/stac/tiles/8/149/106",
    "/stac/bounds",
    "/stac/preview.png",
)


@cache
def documents() -> list[bytes]:
    """Our own item, and the real ones if they are here; none names a host beyond this machine."""
    real = sorted((DATA / "stac-items").rglob("*.*json")) if DATA.is_dir() else []
    return [json.dumps(OWN).encode(), *(ELSEWHERE.sub(HERE, path.read_bytes()) for path in real)]


def hostile_item(number: int) -> bytes:
    """The mutated document of a number; the same for ever."""
    random = Random(number)
    own, *real = documents()
    body = own if not real or random.random() < 0.4 else random.choice(real)
    if random.random() < 0.25:
        return _spoil(body, random)
    document = json.loads(body)
    for _ in range(random.choice((1, 1, 2, 4))):
        document = _change(document, random)
    text = json.dumps(document)
    if random.random() < 0.05:
        text = _repeat(text, random)
    return text.encode()


def _spoil(body: bytes, random: Random) -> bytes:
    spoilt = bytearray(body)
    for _ in range(random.choice((1, 3, 20))):
        at = random.randrange(len(spoilt))
        spoilt[at : at + random.choice((0, 1, 1, 5))] = random.choice(
            (
                b"",
                b"\xff",
                b"\x00",
                b'"',
                b"{",
                b"}",
                b"[",
                b"]",
                b",",
                b"\\ud800",
                b"1e999",
                b"NaN",
                b"\xef\xbb\xbf",
                b"-",
            )
        )
    return bytes(spoilt[: random.randrange(len(spoilt))] if random.random() < 0.2 else spoilt)


def _repeat(text: str, random: Random) -> str:
    """Duplicate keys, or far too much of something."""
    return random.choice((
        text[:-1] + ', "assets": 1}', text[:-1] + ', "assets": {}, "assets": {"a": {"href": "good.tif"}}}',
        "[" * 100_000, '{"a":' * 50_000, text.replace("{", '{"x":' + "[" * 2000 + "]" * 2000 + ",", 1),
        '{"id":"x","assets":{' + ",".join(f'"a{n}":{{"href":"good.tif"}}' for n in range(12_000)) + "}}",
        '{"id":"x","assets":{},"links":[' + "1," * 1_000_000 + "1]}",
    ))  # fmt: skip


def _change(document: Any, random: Random) -> Any:
    """Change the value at one place."""
    places = list(_places(document))
    favoured = [
        (holder, key) for holder, key in places if key in ("href", "assets", "bbox", "roles", "eo:bands", "id", "type")
    ]
    if not places:
        return _value(random)
    holder, key = random.choice(favoured if favoured and random.random() < 0.6 else places)
    match random.random():
        case chance if chance < 0.1:
            del holder[key]
        case chance if chance < 0.2 and isinstance(holder, dict):
            holder[random.choice(("", "\x00", "\ud800", "a/b", "a,b", "x" * 3000, "__class__", ":all:"))] = holder.pop(
                key
            )
        case chance if chance < 0.5 and key == "href":
            holder[key] = random.choice(HREFS)
        case _:
            holder[key] = _value(random)
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _value(random: Random) -> Any:
    """Any JSON value, also those that only Python writes."""
    return random.choice((
        None, True, False, *NUMBERS, "", "\ud800", "x" * 10_000, "\n\r\t\x1b[0m", "<script>", [], {}, [[]], [None] * 1000,
        [random.choice(NUMBERS) for _ in range(random.choice((3, 4, 6)))], {"href": "good.tif"}, {"a": {"href": 1}},
        [{"name": "\udfff"}], [{"name": ["B04"]}], {"name": {}}, random.choice(HREFS),
    ))  # fmt: skip
