"""Who may ask, as HTTP says it: keys and signatures of a request, and the headers that follow from them."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote_plus

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import Scope as AsgiScope

from app.access.address import caller_of
from app.access.gate import TOKEN, Asked, Gate, Grant
from app.access.keys import Scope
from app.access.rates import Rates, Tab, open_tab
from app.access.signature import EXPIRES, REMEMBERED, SIGNATURE, Pairs
from app.api.query import PAIRS_MAX
from app.errors import LimitExceeded, SwathError
from app.settings import Settings

OWN = frozenset({TOKEN, SIGNATURE, EXPIRES})
"""Parameters that end here: no name of an answer, no upstream and no message can hold what never reaches them."""
_TOKEN_MARK = f"{TOKEN}=".encode()
_MARKS = (_TOKEN_MARK, f"{SIGNATURE}=".encode())

PROBES = frozenset({"/livez", "/readyz", "/healthz"})
OPEN = PROBES | {"/", "/ping", "/docs", "/api.html", "/redoc", "/openapi.json", "/api", "/favicon.ico"}
"""What tells how to ask, or whether the server is there, needs no key."""
OPEN_ROOMS = frozenset({"tileMatrixSets", "colorMaps", "algorithms", "indices", "conformance"})
"""Neither do lists that name no data, nor the files below ``/viewer/``."""

SCOPES = {
    **dict.fromkeys(("tiles", "tilejson", "legend", "WMTSCapabilities", "wmts"), Scope.TILES),
    **dict.fromkeys(("viewer", "map.html"), Scope.TILES),
    **dict.fromkeys(("crop", "bbox", "feature", "preview", "point", "map"), Scope.DATA),
    **dict.fromkeys(("statistics", "asset_statistics", "metadata", "stac", "timeseries"), Scope.DATA),
    **dict.fromkeys(("info", "bounds", "assets", "explain", "renders", "presets", "validate"), Scope.INFO),
}
"""Scope by the word behind ``/stac``, ``/cog``, or ``/search`` and its id."""
BEHIND_SET = frozenset({"tilejson.json", "WMTSCapabilities.xml", "map", "map.html"})
"""Last words that may follow the name of a tile matrix set."""
ROOMS = {
    "v0": Scope.INFO,
    "samples": Scope.INFO,
    "search": Scope.INFO,
    **dict.fromkeys(("processes", "jobs"), Scope.DATA),
    "timeseries": Scope.DATA,
    "metrics": Scope.METRICS,
}
"""Scope by the first word of other routes."""

BY_HEADER = "Authorization, X-API-Key"


@dataclass(slots=True)
class Visit:
    """What is known of the caller of one request.

    Attributes:
        grant: Why it may be answered; None while nobody is kept out, and for open routes.
        tab: What it is charged to, or None.
        gate: Where ``grant`` comes from.
    """

    grant: Grant | None = None
    tab: Tab | None = None
    gate: Gate | None = None

    @property
    def key_id(self) -> str | None:
        """Name of the key, for logs."""
        return self.grant.key.id if self.grant and self.grant.key else None

    def finish(self, headers: MutableHeaders) -> None:
        """Say who may keep the answer, and what the caller has left."""
        if self.grant is not None:
            self._restrict(self.grant, headers)
        if self.tab is not None:
            headers.update(self.tab.headers)

    def _restrict(self, grant: Grant, headers: MutableHeaders) -> None:
        control = headers.get("cache-control", "")
        if grant.expires is not None and control:
            headers["Cache-Control"] = until(control, max(0, grant.expires - int(time.time())))
            return
        headers["Cache-Control"] = as_private(control)
        if grant.key is not None and grant.token is None:
            headers.add_vary_header(BY_HEADER)


class Access:
    """Asked once for each request, before anything else is done for it."""

    def __init__(self, gate: Gate | None, rates: Rates | None, settings: Settings) -> None:
        self._gate = gate
        self._rates = rates
        self._proxies = settings.trusted_proxies

    @classmethod
    def from_settings(cls, settings: Settings) -> Access | None:
        """None when no setting asks for it: then requests pass without a look.

        Raises:
            ValueError: A key cannot be read.
        """
        gate, rates = Gate.from_settings(settings), Rates.from_settings(settings)
        return cls(gate, rates, settings) if gate or rates else None

    def admit(self, scope: AsgiScope, visit: Visit) -> None:
        """Note in ``visit`` why the request may be answered and what it is charged to, and take its secrets away.

        Raises:
            Unauthorized: A key is missing or unknown.
            AccessDenied: The key does not open this, or the signature is wrong or expired.
            RateExceeded: Its caller has used his allowance.
        """
        refusal = self._judge(scope, visit)
        if self._rates is not None:  # who is refused pays too, by address: guessing is not free
            self._open_tab(self._rates, scope, visit)
        if refusal is not None:
            raise refusal
        scope["state"]["visit"] = visit

    def _judge(self, scope: AsgiScope, visit: Visit) -> SwathError | None:
        if self._gate is None:
            return None
        path = path_below_prefix(scope)
        try:
            asked = read_asked(scope, path)
            if not is_open(path):
                visit.gate, visit.grant = self._gate, self._gate.admit(asked, time.time())
        except SwathError as refusal:
            return refusal
        return None

    def _open_tab(self, rates: Rates, scope: AsgiScope, visit: Visit) -> None:
        if path_below_prefix(scope) in PROBES:
            return
        key = visit.grant.key if visit.grant else None
        visit.tab = rates.tab(key, "" if key else self._address(scope))
        open_tab(visit.tab)
        visit.tab.enter()

    def _address(self, scope: AsgiScope) -> str:
        peer = scope["client"][0] if scope.get("client") else ""
        return caller_of(peer, forwarded_for(scope), self._proxies)


def handed_on(request: Request, path: str, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give the query of a tile template, with what opens the tiles when the caller's own URL has that."""
    visit: Visit | None = getattr(request.state, "visit", None)
    if visit is None or visit.gate is None or visit.grant is None:
        return pairs
    return visit.gate.hand_on(visit.grant, path, pairs)


def key_of(request: Request) -> str:
    """Name of the caller's key; empty when there is none."""
    visit: Visit | None = getattr(request.state, "visit", None)
    return (visit and visit.key_id) or ""


def is_signed(request: Request) -> bool:
    """Whether a signature opened, which is of this one URL."""
    visit: Visit | None = getattr(request.state, "visit", None)
    return visit is not None and visit.grant is not None and visit.grant.expires is not None


def read_asked(scope: AsgiScope, path: str) -> Asked:
    """Read what a request shows for itself, and take the parameters that are only for that out of its query.

    Raises:
        LimitExceeded: Too many parameters to look through.
    """
    pairs: Pairs = ()
    query: bytes = scope["query_string"]
    if any(mark in query for mark in _MARKS):
        read = _read if _TOKEN_MARK in query else _read_again  # a key is kept nowhere
        pairs, scope["query_string"] = read(query)
    return Asked(
        path=path,
        pairs=pairs,
        scope=scope_of(path),
        key=key_of_headers(scope),
        reads_only=scope["method"] == "GET",
    )


def key_of_headers(scope: AsgiScope) -> str | None:
    """The key of ``Authorization: Bearer``, else of ``X-API-Key``; empty, which no key is, when one is given twice."""
    bearer = [value[7:].strip() for value in _header(scope, b"authorization") if value[:7].lower() == "bearer "]
    given = bearer or _header(scope, b"x-api-key")
    if not given:
        return None
    return given[0] if len(given) == 1 else ""


def forwarded_for(scope: AsgiScope) -> list[str]:
    """Who passed the request on, the nearest last: ``X-Forwarded-For``, else ``Forwarded``, as in ``origin``."""
    if lines := _header(scope, b"x-forwarded-for"):
        return ",".join(lines).split(",")
    return re.findall(r'for=("[^"]*"|[^;,\s]+)', ",".join(_header(scope, b"forwarded")), re.IGNORECASE)


def path_below_prefix(scope: AsgiScope) -> str:
    """The path as the routes see it."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")) or "/"


def is_open(path: str) -> bool:
    """Tell whether a path needs neither a key nor a signature."""
    return path in OPEN or path.startswith("/viewer/") or path[1:].partition("/")[0] in OPEN_ROOMS


def scope_of(path: str) -> Scope | None:
    """What a key must open for a path; None when any key will do, as for a path that leads nowhere."""
    first, *words = path.split("/")[1:]
    if first == "search":
        words = [word for word in words if not re.fullmatch("[0-9a-f]{64}", word)]
        return (_scope_of_words(words) if words else None) or Scope.INFO
    if first not in ("stac", "cog"):
        return ROOMS.get(first)
    return _scope_of_words(words) if words else None


def _scope_of_words(words: list[str]) -> Scope | None:
    word = words[-1] if words[-1] in BEHIND_SET else words[0]
    return SCOPES.get(word) or SCOPES.get(word.partition(".")[0])


@lru_cache(maxsize=64)
def as_private(control: str) -> str:
    """Let only the caller's own cache keep an answer: ``public, max-age=60`` becomes ``private, max-age=60``."""
    directives = [word.strip() for word in control.split(",") if word.strip()]
    names = {word.partition("=")[0].lower() for word in directives}
    if names & {"no-store", "private"}:
        return control
    kept = [word for word in directives if word.partition("=")[0].lower() not in ("public", "s-maxage")]
    return ", ".join(["private", *kept])


def until(control: str, seconds: int) -> str:
    """Let no cache keep an answer longer than its URL is valid: a cache does not look at signatures."""
    kept = [word.strip() for word in control.split(",") if not word.strip().lower().startswith("stale-")]
    return re.sub(r"(?<=max-age=|-maxage=)[0-9]+", lambda age: str(min(int(age[0]), seconds)), ", ".join(kept))


def _header(scope: AsgiScope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _read(query: bytes) -> tuple[Pairs, bytes]:
    """Give the parameters, percent-decoded, and the query without those that end here."""
    text = query.decode("latin-1")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=PAIRS_MAX)
    except ValueError:
        raise LimitExceeded(f"The query has more than {PAIRS_MAX} parameters; leave some out.") from None
    kept = [pair for pair in text.split("&") if unquote_plus(pair.partition("=")[0]) not in OWN]
    return tuple(pairs), "&".join(kept).encode("latin-1")


_read_again = lru_cache(maxsize=REMEMBERED)(_read)
"""The same for the signed tiles of a map, which have one query."""
