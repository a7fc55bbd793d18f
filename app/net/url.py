"""What does the text of a URL say? The only place where ``http`` and ``https`` URLs are taken apart.

The text that comes out (``HttpUrl.text``) is ASCII, has a canonical host and no dot segments, so that no later parser
can read it differently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin

from app.errors import SourceNotAllowed
from app.net.host import bracketed, split_netloc

_PARTS = re.compile(r"(https?)://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?", re.IGNORECASE)
_FORBIDDEN = frozenset(' \\<>|"')
_KEPT = "%/:?#[]@!$&'()*+,;=-._~"
_DEFAULT_PORTS = {"http": 80, "https": 443}
REMEMBERED, SHORT = 256, 2048
"""URLs whose parts are kept, and characters of the longest: one of a file is taken apart for every request of it. An
href in a document may have megabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpUrl:
    """An absolute URL in canonical form.

    ``path`` begins with ``/`` and keeps its percent-encoding; ``query`` is empty or begins with ``?``.
    """

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""

    @classmethod
    def parse(cls, text: str) -> HttpUrl:
        """Read a URL.

        Raises:
            SourceNotAllowed: A user name, an odd character, an impossible host or port.
        """
        return _remembered(text) if len(text) <= SHORT else _parsed(text)

    def join(self, reference: str) -> HttpUrl:
        """Resolve a relative reference (RFC 3986), as a browser does with this URL as base."""
        refuse_odd_characters(reference)
        try:
            joined = urljoin(self.text, reference)
        except ValueError as error:
            raise SourceNotAllowed("A relative link cannot be read as a URL.") from error
        return HttpUrl.parse(joined)

    @property
    def text(self) -> str:
        """The whole URL."""
        port = "" if self.has_default_port else f":{self.port}"
        return f"{self.scheme}://{bracketed(self.host)}{port}{self.path}{self.query}"

    @property
    def has_default_port(self) -> bool:
        """Whether the port need not be written."""
        return self.port == _DEFAULT_PORTS[self.scheme]

    @property
    def segments(self) -> list[str]:
        """Parts of the path, percent-decoded once, as most servers see it."""
        return unquote(self.path).replace("\\", "/").split("/")


def _parsed(text: str) -> HttpUrl:
    refuse_odd_characters(text)
    match = _PARTS.fullmatch(text)
    if match is None:
        raise SourceNotAllowed("This is not an absolute http or https URL.")
    scheme, netloc, path, query = match[1].lower(), match[2], match[3], match[4] or ""
    host, port = _split(netloc)
    return HttpUrl(
        scheme=scheme,
        host=host,
        port=port or _DEFAULT_PORTS[scheme],
        path=_without_dots(quote(path, safe=_KEPT) or "/"),
        query=quote(query, safe=_KEPT),
    )


_remembered = lru_cache(maxsize=REMEMBERED)(_parsed)


def refuse_odd_characters(text: str) -> None:
    """Refuse what no honest URL or path holds, and what GDAL or a lenient parser would give a meaning.

    Raises:
        SourceNotAllowed: A control character, space, backslash, ``<``, ``>``, ``"`` or ``|``.
    """
    if not text.isprintable() or not _FORBIDDEN.isdisjoint(text):
        raise SourceNotAllowed(
            'The address has a space, a control character or one of \\ < > | "; write them percent-encoded.'
        )


def _split(netloc: str) -> tuple[str, int | None]:
    if "@" in netloc:
        raise SourceNotAllowed("The URL has a user name; only URLs without user and password are read.")
    try:
        return split_netloc(netloc)
    except ValueError as error:  # UnicodeError, AddressValueError are ValueErrors
        raise SourceNotAllowed("The URL has no host and port that could be looked up.") from error


def _without_dots(path: str) -> str:
    """Resolve ``.`` and ``..`` (also percent-encoded); keep empty segments: for an object store a//b is not a/b."""
    kept: list[str] = []
    parts = path.split("/")[1:]
    for part in parts:
        plain = part.lower().replace("%2e", ".")
        if plain == "..":
            del kept[-1:]
        elif plain != ".":
            kept.append(part)
    if parts[-1].lower().replace("%2e", ".") in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
