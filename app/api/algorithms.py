"""``algorithm=`` and ``algorithm_params=`` become an algorithm; and an algorithm is told in JSON."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from app.api.query import REMEMBERED, Query
from app.compute.algorithms import ALGORITHMS
from app.compute.algorithms.parameters import bounds_of, configure
from app.errors import BadRequest, LimitExceeded
from app.model.algorithm import Algorithm

PARAMS_MAX = 4096
EXAMPLE = '{"azimuth": 315}'


def find_algorithm(name: str) -> type[Algorithm]:
    """Look an algorithm up by its name.

    Raises:
        BadRequest: No such algorithm; the message names the nearest, or all.
    """
    kind = ALGORITHMS.get(name)
    if kind is None:
        near = difflib.get_close_matches(name.lower()[:80], ALGORITHMS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(ALGORITHMS)}"
        raise BadRequest.of("algorithm", name, f"is not an algorithm; {hint}")
    return kind


def parse_algorithm(query: Query) -> Algorithm | None:
    """Read the algorithm of a query, or None.

    Raises:
        BadRequest: No such algorithm, parameters without one, or parameters that it does not take.
    """
    if query.text("algorithm") is None and query.text("algorithm_params") is None:
        return None
    return _configured(query)


@lru_cache(maxsize=REMEMBERED)
def _configured(query: Query) -> Algorithm:
    name, text = query.text("algorithm"), query.text("algorithm_params")
    if name is None:
        raise query.fault("algorithm_params", text, "says nothing without algorithm=; add it, or leave this out")
    kind = find_algorithm(name)
    return configure(kind, _parameters(query, text) if text is not None else {})


def _parameters(query: Query, text: str) -> Mapping[str, Any]:
    if len(text) > PARAMS_MAX:
        raise LimitExceeded(f"algorithm_params has {len(text)} characters, {PARAMS_MAX} are read at most.")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise query.fault("algorithm_params", text, f"is not JSON; write for example {EXAMPLE}") from None
    if not isinstance(given, dict):
        raise query.fault("algorithm_params", text, f"is not a JSON object; write for example {EXAMPLE}")
    return given


def algorithm_body(kind: type[Algorithm]) -> dict[str, Any]:
    """Tell what an algorithm takes and makes, in the form of TiTiler: parameters are JSON schemas."""
    low, high = ([value] for value in kind.low_high) if kind.low_high else (None, None)
    return {
        "title": kind.title,
        "description": (inspect.getdoc(kind) or "").partition("\n")[0].replace("``", "`"),
        "inputs": {"nbands": kind.bands_in},
        "outputs": {
            "nbands": len(kind.outputs) if kind.outputs else None,
            "dtype": kind.dtype,
            "min": low,
            "max": high,
        },
        "parameters": {field.name: _schema(field) for field in dataclasses.fields(kind)},
    }


def _schema(field: dataclasses.Field[Any]) -> dict[str, Any]:
    bounds = bounds_of(field)
    least = "exclusiveMinimum" if bounds.above else "minimum"
    told: dict[str, Any] = {
        "type": "integer" if bounds.whole else "number", least: bounds.low, "maximum": bounds.high,
    }  # fmt: skip
    named = {"default": field.default, "title": field.name.replace("_", " ").title(), "description": bounds.about}
    return {"anyOf": [told, {"type": "null"}], **named} if field.default is None else told | named
