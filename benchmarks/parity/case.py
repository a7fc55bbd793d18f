"""One request that both servers get, and one answer of theirs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A request; ``{files}`` in its query is the server that both read from."""

    group: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Any = None
    """JSON to post; None: it is a GET."""
    method: str | None = None
    """Another method than these two."""
    accept: str = "*/*"

    @property
    def verb(self) -> str:
        """The method of the request."""
        return self.method or ("GET" if self.body is None else "POST")

    @property
    def text(self) -> str:
        """The request as people write it, the values of its query not quoted."""
        query = "&".join(f"{name}={value}" for name, value in self.query).replace("{files}/", "")
        accept = "" if self.accept == "*/*" else f" (Accept: {self.accept})"
        body = "" if self.body is None else f" ({_kind(self.body)})"
        return f"{self.verb} {self.path}{'?' if query else ''}{query}{body}{accept}"

    def target(self, files: str) -> str:
        """Path and query as they are sent."""
        query = urlencode([(name, value.replace("{files}", files)) for name, value in self.query])
        return f"{self.path}?{query}" if query else self.path

    @property
    def masked(self) -> bool:
        """Whether an array has a last plane that is a mask."""
        return ("return_mask", "false") not in self.query


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, and from where: links in it begin with ``base``."""

    base: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    seconds: float = 0

    @property
    def media(self) -> str:
        """Media type, with the parameters of it that say what the bytes are."""
        parts = [part.strip().lower() for part in self.headers.get("content-type", "").split(";")]
        return "; ".join(part for part in parts if not part.startswith(("charset=", "version=")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Makes the cases of one group: ``cog`` of a raster, ``stac`` of an item, ``root`` of the server itself."""

    name: str

    def cog(self, path: str, file: str | None, **options: Any) -> Case:
        """A request about a raster."""
        return self._of(f"/cog/{path}", file, options)

    def stac(self, path: str, file: str | None, **options: Any) -> Case:
        """A request about an item."""
        return self._of(f"/stac/{path}", file, options)

    def root(self, path: str, **options: Any) -> Case:
        """A request that names no dataset."""
        return self._of(path, None, options)

    def _of(self, path: str, file: str | None, options: dict[str, Any]) -> Case:
        """Options in capitals are those of the case, the rest are parameters; a list is a repeated one."""
        own = {name.lower(): value for name, value in options.items() if name.isupper()}
        pairs = [("url", f"{{files}}/{file}")] if file is not None else []
        for name, value in options.items():
            if not name.isupper():
                pairs += [(name, _text(one)) for one in (value if isinstance(value, list) else [value])]
        return Case(group=self.name, path=path, query=tuple(pairs), **own)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping | Sequence):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind(body: Any) -> str:
    """What is posted, in a few words: ``Feature, Polygon from 15.67 46.40``."""
    if not isinstance(body, Mapping):
        return f"JSON: {json.dumps(body)}"
    if "features" in body:
        return ", ".join([f"{body['type']} of {len(body['features'])}", *map(_kind, body["features"][:1])])
    shape = body.get("geometry") or {}
    first = shape.get("coordinates", ())
    while first and isinstance(first[0], list):
        first = first[0]
    at = f" from {first[0]:.2f} {first[1]:.2f}" if first else ""
    return f"{body.get('type', 'nothing')}, {shape.get('type', 'no geometry')}{at}"
