"""The words of a search, of a query string or of a JSON body, become a ``Search``; and a search its words again."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from app.api.body import parse_json
from app.api.dialect import SEARCH
from app.api.query import Query
from app.errors import BadRequest, InvalidType, LimitExceeded, ParameterFault
from app.match.cql2.normal import conjunction, normalise, plain_name
from app.match.cql2.query import from_query
from app.match.cql2.text import parse_text, write_text
from app.match.geojson import parse_bbox, parse_geometry
from app.match.period import parse_period
from app.model.grid import Bounds
from app.model.search import Search, SortKey
from app.net.url import HttpUrl

Given = Mapping[str, Any]
WANTED = 'a search: {"api": "https://…", "collections": ["…"], "bbox": [30.8, 29.4, 30.9, 29.5]}'
_JSON = frozenset({"intersects", "query"})
_LISTS = frozenset({"collections", "ids", "sortby"})
_NAMES = {spelling: each.name for each in SEARCH for spelling in (each.name, *each.aliases)}
_COLLECTION = re.compile(r"(.*)/collections/([^/]+)(?:/items)?")
NAMES_MAX = 1000
"""Ids, or collections, of one search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedSearch:
    """A search, and the names of members that say nothing to this server."""

    search: Search
    ignored: tuple[str, ...] = ()


def search_of_query(query: Query, items_max: int) -> Search:
    """Read the parameters of a query string; lists are separated by commas, objects are JSON."""
    given: dict[str, Any] = {}
    for name, values in query.values.items():
        texts = [value for value in values if value]
        if texts and name != "strict":
            given[name] = _of_text(name, texts)
    return parse_search(given, items_max)


def search_of_body(raw: bytes, items_max: int) -> AskedSearch:
    """Read a JSON body: the body of a STAC API search that also says where, or a FeatureCollection.

    Raises:
        BadRequest: Something in it cannot be served.
    """
    body = parse_json(raw, WANTED)
    if not isinstance(body, dict):
        raise InvalidType(f"The body is not an object; send {WANTED}", faults=[_fault("body", "is not an object")])
    if body.get("type") == "FeatureCollection":
        return AskedSearch(search=_named(Search(features=_features(body))))
    known = {_NAMES[name]: value for name, value in body.items() if name in _NAMES and value not in (None, "", [], {})}
    return AskedSearch(search=parse_search(known, items_max), ignored=tuple(n for n in body if n not in _NAMES))


def _named(search: Search) -> Search:
    """Have the id worked out here, by whoever reads the body: the text may be long."""
    assert search.id
    return search


def parse_search(given: Given, items_max: int) -> Search:
    """Check every member and put it in its canonical form.

    Args:
        given: By today's names; values as a JSON body has them.
        items_max: Most items that may be wanted.
    """
    _require_text(given)
    where, collections = _where(given)
    if "bbox" in given and "intersects" in given:
        raise BadRequest.of("intersects", "…", "and bbox exclude each other; send one of them")
    return Search(
        **where,
        collections=tuple(sorted({*_texts(given, "collections"), *collections})),
        ids=tuple(sorted(set(_texts(given, "ids")))),
        bbox=_bbox(given["bbox"]) if "bbox" in given else None,
        intersects=_geometry(given["intersects"]) if "intersects" in given else None,
        datetime=parse_period(given["datetime"]).text if "datetime" in given else None,
        filter=_filter(given),
        sortby=tuple(_sort_key(key) for key in _list(given, "sortby")),
        max_items=_max_items(given, items_max),
    )


def pairs_of(search: Search) -> list[tuple[str, str]] | None:
    """The query string of a search; None where items were sent along, which no URL can hold."""
    if search.features is not None:
        return None
    document = dict(search.document)
    if search.filter is not None:
        text = write_text(dict(search.filter))
        document |= {"filter": text or search.filter, "filter-lang": "cql2-text" if text else "cql2-json"}
    return [(name, _to_text(value)) for name, value in document.items()]


def _require_text(given: Given) -> None:
    """Refuse what JSON can say and UTF-8 cannot, half of a surrogate pair: no URL and no answer could repeat it."""
    for name, value in given.items():
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise BadRequest.of(name, "…", "has half of a surrogate pair, which is no text") from None


def _where(given: Given) -> tuple[dict[str, str], Sequence[str]]:
    """Members that say where, and collections that the URL names."""
    api, url = given.get("api"), given.get("url")
    if (api is None) == (url is None):
        told = "give one of the two" if api else "is missing; give api=, the URL of a STAC API, or url="
        raise InvalidType(f"api, url: {told}", faults=[_fault("api", told)])
    name = "url" if api is None else "api"
    text = api if url is None else url
    if not isinstance(text, str):
        raise InvalidType.of(name, text, "is not the text of a URL")
    text = unquote(text) if "%3a%2f%2f" in text.lower() else text
    if not re.match("https?:", text, re.IGNORECASE):
        if name == "api":
            raise BadRequest.of("api", text, "is not an http or https URL of a STAC API")
        return {"url": text.strip()}, ()
    return _api(HttpUrl.parse(text.strip())) if name == "api" else _url(HttpUrl.parse(text.strip()))


def _url(url: HttpUrl) -> tuple[dict[str, str], Sequence[str]]:
    """A URL that says itself what it is; one that ends with ``/search`` is of an API."""
    is_search = url.path.endswith("/search") and not url.query
    return _api(url) if is_search else ({"url": url.text}, ())


def _api(url: HttpUrl) -> tuple[dict[str, str], Sequence[str]]:
    """The landing page of an API, where the URL is that of its search or of one of its collections."""
    if url.query:
        raise BadRequest.of("api", url.text, "has a query; give the URL of an API without one, or url=")
    text = url.text.rstrip("/").removesuffix("/search").rstrip("/")
    match = _COLLECTION.fullmatch(text)
    return ({"api": match[1]}, (unquote(match[2]),)) if match else ({"api": text}, ())


def _of_text(name: str, texts: Sequence[str]) -> Any:
    """What a JSON body would hold."""
    if name in _LISTS:
        return [part.strip() for text in texts for part in text.split(",") if part.strip()]
    if name == "bbox":
        return [_number(name, part) for part in texts[-1].split(",")]
    if name in _JSON:
        return parse_json(texts[-1].encode(), f"{name} as a JSON object")
    return _number(name, texts[-1]) if name == "max_items" else texts[-1]


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidType.of(name, text, "is not a number")
    return number


def _features(body: Given) -> Sequence[Any]:
    features = body.get("features")
    if not isinstance(features, list) or not features:
        raise InvalidType.of("features", features, "is not a list of STAC items")
    return features


def _list(given: Given, name: str) -> list[Any]:
    value = given.get(name, [])
    if not isinstance(value, list):
        raise InvalidType.of(name, value, f'is not a list; write for example {{"{name}": ["…"]}}')
    if len(value) > NAMES_MAX:
        raise LimitExceeded.of(name, f"{len(value)} entries", f"at most {NAMES_MAX} are searched for at once")
    return value


def _texts(given: Given, name: str) -> Iterable[str]:
    for value in _list(given, name):
        if not isinstance(value, str):
            raise InvalidType.of(name, value, "is not a text; ids are")
        yield value


def _bbox(value: Any) -> Bounds:
    """Four numbers, or six, of which the heights are left out."""
    parse_bbox(value)
    half = len(value) // 2
    return float(value[0]), float(value[1]), float(value[half]), float(value[half + 1])


def _geometry(value: Any) -> dict[str, Any]:
    """A geometry, or that of a Feature, without members that have no meaning."""
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = value.get("geometry")
    parse_geometry(value)
    return _bare(value)


def _bare(geometry: Given) -> dict[str, Any]:
    if geometry["type"] == "GeometryCollection":
        return {"type": geometry["type"], "geometries": [_bare(part) for part in geometry["geometries"]]}
    return {"type": geometry["type"], "coordinates": geometry["coordinates"]}


def _filter(given: Given) -> dict[str, Any] | None:
    """``query`` and ``filter`` together, as CQL2 JSON."""
    parts = [from_query(given["query"])] if "query" in given else []
    if (value := given.get("filter")) is not None:
        language = given.get("filter-lang", "cql2-text" if isinstance(value, str) else "cql2-json")
        if language not in ("cql2-text", "cql2-json"):
            raise BadRequest.of("filter-lang", language, "is not one of cql2-text, cql2-json")
        if language == "cql2-json":
            parts.append(normalise(parse_json(value.encode(), "CQL2 JSON") if isinstance(value, str) else value))
        elif isinstance(value, str):
            parts.append(parse_text(value))
        else:
            raise InvalidType.of("filter", "an object", "is not the text that filter-lang=cql2-text says")
    return conjunction(part for part in parts if part)


def _sort_key(value: Any) -> SortKey:
    """``-datetime``, or ``{"field": "datetime", "direction": "desc"}``."""
    field, descending = value, False
    if isinstance(value, dict):
        field, direction = value.get("field"), value.get("direction", "asc")
        descending = direction == "desc"
        if direction not in ("asc", "desc"):
            field = None
    elif isinstance(value, str):
        field, descending = value.lstrip("+- "), value.startswith("-")
    if not isinstance(field, str) or not field or field.startswith("-"):
        raise BadRequest.of("sortby", value, 'write -datetime, or {"field": "datetime", "direction": "desc"}')
    return SortKey(field=plain_name(field), descending=descending)


def _max_items(given: Given, most: int) -> int | None:
    value = given.get("max_items")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 1 or value != int(value):
        raise InvalidType.of("max_items", value, "is not a whole number from 1, such as 100")
    if value > most:
        raise LimitExceeded.of("max_items", int(value), f"at most {most} (SWATH_SEARCH_ITEMS_MAX)")
    return int(value)


def _to_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _fault(name: str, message: str) -> ParameterFault:
    return ParameterFault(name=name, message=message)
