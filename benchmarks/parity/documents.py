"""Answers that are documents: is all that TiTiler tells in ours, too?"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree as ET

from benchmarks.parity.case import Answer
from benchmarks.parity.difference import Difference

JSON = ("application/json", "application/geo+json", "application/vnd.oai.openapi+json", "application/schema+json")
XML = ("application/xml", "text/xml")
Bases = tuple[str, str]
"""Base URLs of their server and of ours, which links begin with."""
CLOSE = 1e-6
"""Numbers may differ by so much of their size."""


def compare_json(theirs: Answer, ours: Answer) -> Iterator[Difference]:
    """Every member of theirs is in ours with the same value; ours may have more."""
    try:
        told, ours_told = json.loads(theirs.body), json.loads(ours.body)
    except ValueError:
        yield Difference("json", "not readable")
        return
    yield from _compare("", told, ours_told, (theirs.base, ours.base))


def _compare(path: str, theirs: Any, ours: Any, bases: Bases) -> Iterator[Difference]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        yield from _compare_members(path, theirs, ours, bases)
    elif isinstance(theirs, list) and isinstance(ours, list):
        yield from _compare_lists(path, theirs, ours, bases)
    elif not _equal(theirs, ours, bases):
        yield Difference(f"json {path or '/'}", f"{_short(theirs)} and {_short(ours)}")


def _compare_members(path: str, theirs: dict[str, Any], ours: dict[str, Any], bases: Bases) -> Iterator[Difference]:
    """What is null may as well be left out."""
    for name, value in theirs.items():
        if name in ours:
            yield from _compare(f"{path}/{name}", value, ours[name], bases)
        elif value is not None:
            yield Difference(f"json {path}/{name}", f"{_short(value)} and nothing")


def _compare_lists(path: str, theirs: list[Any], ours: list[Any], bases: Bases) -> Iterator[Difference]:
    """Links, conformance classes and things with an ``id`` have no order."""
    if path.endswith("/links"):
        yield from _compare_links(path, theirs, ours, bases)
    elif path.endswith("/conformsTo"):
        if missing := sorted(set(theirs) - set(ours)):
            yield Difference(f"json {path}", f"{len(missing)} are not in ours: {', '.join(missing)}")
    elif _have_ids(theirs) and _have_ids(ours):
        yield from _compare_members(path, *({one["id"]: one for one in each} for each in (theirs, ours)), bases)
    elif len(theirs) == len(ours):
        for number, (their, our) in enumerate(zip(theirs, ours, strict=True)):
            yield from _compare(f"{path}/{number}", their, our, bases)
    else:
        yield Difference(f"json {path or '/'}", f"{_short(theirs)} and {_short(ours)}")


def _compare_links(path: str, theirs: list[Any], ours: list[Any], bases: Bases) -> Iterator[Difference]:
    """Links have no order, and their titles are for people."""
    for link in theirs:
        if not any(link["rel"] == our["rel"] and _equal(link["href"], our["href"], bases) for our in ours):
            yield Difference(f"json {path}", f"{link['rel']} to {link['href'].removeprefix(bases[0])} and nothing")


def _have_ids(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(one, dict) and "id" in one for one in value)


def _equal(theirs: Any, ours: Any, bases: Bases) -> bool:
    if isinstance(theirs, bool) or isinstance(ours, bool) or theirs is None or ours is None:
        return theirs is ours
    if isinstance(theirs, int | float) and isinstance(ours, int | float):
        return math.isclose(theirs, ours, rel_tol=CLOSE, abs_tol=1e-9) or (math.isnan(theirs) and math.isnan(ours))
    if isinstance(theirs, str) and isinstance(ours, str) and theirs.startswith(bases[0]):
        return ours.startswith(bases[1]) and _same_link(theirs.removeprefix(bases[0]), ours.removeprefix(bases[1]))
    return bool(theirs == ours)


def _same_link(theirs: str, ours: str) -> bool:
    """The same path, and every parameter of theirs; ``@1x`` is the size that a tile has anyway."""
    their, our = urlsplit(unquote(theirs)), urlsplit(unquote(ours))
    return their.path == our.path.replace("@1x", "") and set(parse_qsl(their.query)) <= set(parse_qsl(our.query))


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def compare_xml(theirs: Answer, ours: Answer) -> Iterator[Difference]:
    """Well-formed, of the same kind; every layer, style and tile matrix set of theirs is in ours, under its name."""
    try:
        told, ours_told = ET.fromstring(theirs.body), ET.fromstring(ours.body)
    except ET.ParseError as err:
        yield Difference("xml", f"not well-formed: {err}")
        return
    if told.tag != ours_told.tag:
        yield Difference("xml", f"{told.tag} and {ours_told.tag}")
    missing = _names(told, theirs.base) - _names(ours_told, ours.base)
    if missing:
        yield Difference("xml names", f"{len(missing)} are not in ours: {', '.join(sorted(missing))[:200]}")


def _names(document: ET.Element, base: str) -> set[str]:
    """What the parts of a WMTS document are called; names may be URLs of the server."""
    found = (element.text or "" for element in document.iter() if element.tag.rpartition("}")[2] == "Identifier")
    return {name.replace(base, "") for name in found}
