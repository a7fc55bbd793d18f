"""Did the operator hand this URL out? HMAC-SHA256 over its path and query, the time of its end included."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from app.model.request import DatasetKind

SIGNATURE = "sig"
EXPIRES = "expires"
VERSION = "swath-1"
"""Begins every text that is signed; another way of writing it would be another version."""

REMEMBERED = 128
"""Signed queries whose meaning is kept: the tiles of a map have one. As a URL has 16 KiB at most, 10 MB suffice."""

Pairs = Sequence[tuple[str, str]]
"""Names and values of a query, percent-decoded."""

_NUMBER = "[0-9]{1,10}"
_TILE = re.compile(
    rf"(/(?:{'|'.join(DatasetKind)})(?:(?<=/search)/[0-9a-f]{{64}})?/tiles/(?:[^/]+/)?){_NUMBER}/{_NUMBER}/{_NUMBER}((?:[@.][^/]*)?)",
    re.DOTALL,
)
_PLACEHOLDERS = "{z}/{x}/{y}"


class Kind(StrEnum):
    """What a signature opens; its value stands before the signature, ``t.Zm9v…``, and is signed with the rest."""

    URL = "u"
    TEMPLATE = "t"


class Signer:
    """Signs with the first of several secrets, and takes the signatures of all, so that secrets can be replaced.

    Args:
        secrets: One or more.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [secret.encode() for secret in secrets]

    def sign(self, kind: Kind, path: str, pairs: Pairs) -> str:
        """Give the value of ``sig=`` for a path below the server's prefix and a query that says when it expires."""
        return _signed(self._secrets[0], kind, text_to_sign(kind, path, pairs))

    def fits(self, signature: str, path: str, pairs: Pairs) -> bool:
        """Tell whether the signature is one of this path and query, or of the template that the path is a tile of."""
        kind = signature[:1]
        if kind == Kind.URL:
            signed_path: str | None = path
        else:
            signed_path = template_of(path) if kind == Kind.TEMPLATE else None
        if signed_path is None:
            return False
        given, text = signature.encode(), text_to_sign(Kind(kind), signed_path, pairs)
        expected = [_signed(secret, kind, text).encode() for secret in self._secrets]
        # Every secret is tried and every byte compared: the time tells nothing about how near a guess is.
        return any([hmac.compare_digest(given, each) for each in expected])  # noqa: C419 -- no early end


def template_of(path: str) -> str | None:
    """Put ``{z}/{x}/{y}`` back into the path of a tile; None when it is no tile's.

    ``/stac/tiles/WebMercatorQuad/13/4797/3391@1x.png`` becomes ``/stac/tiles/WebMercatorQuad/{z}/{x}/{y}@1x.png``.
    """
    match = _TILE.fullmatch(path)
    return f"{match[1]}{_PLACEHOLDERS}{match[2]}" if match else None


def is_template(path: str) -> bool:
    """Tell whether a path has the three placeholders of a tile."""
    return template_of(path.replace(_PLACEHOLDERS, "0/0/0")) == path


def kind_of(path: str) -> Kind:
    """What a signature of this path opens."""
    return Kind.TEMPLATE if is_template(path) else Kind.URL


def text_to_sign(kind: Kind, path: str, pairs: Pairs) -> str:
    """Write what is signed: version, kind, path and query, a line each, in one encoding whatever the caller wrote.

    The query is ordered by name. Values of one name keep their order, because it has a meaning:
    ``assets=B04&assets=B03`` is another picture than ``assets=B03&assets=B04``.
    """
    return "\n".join((VERSION, kind, quote(path, safe="/"), _query_to_sign(tuple(pairs))))


@lru_cache(maxsize=REMEMBERED)
def _query_to_sign(pairs: tuple[tuple[str, str], ...]) -> str:
    ordered = sorted((pair for pair in pairs if pair[0] != SIGNATURE), key=itemgetter(0))
    return urlencode(ordered, quote_via=quote)


def _signed(secret: bytes, kind: str, text: str) -> str:
    digest = hmac.digest(secret, text.encode(), "sha256")
    return f"{kind}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def sign_url(signer: Signer, url: str, expires: int, *, prefix: str = "") -> str:
    """Sign a whole URL, or with ``{z}/{x}/{y}`` in its path the template of all tiles of its query.

    Args:
        expires: Unix seconds; an older signature in the URL is replaced.
        prefix: Path of the server's base, which it does not see itself, such as ``/swath``.
    """
    scheme, host, whole_path, query, _ = urlsplit(url)
    path = _below(prefix.rstrip("/"), re.sub("/{2,}", "/", unquote(whole_path)))
    given = parse_qsl(query, keep_blank_values=True)
    pairs = [pair for pair in given if pair[0] not in (SIGNATURE, EXPIRES)] + [(EXPIRES, str(expires))]
    signed = [*pairs, (SIGNATURE, signer.sign(kind_of(path), path, pairs))]
    return urlunsplit((scheme, host, whole_path, urlencode(signed, quote_via=quote), ""))


def _below(prefix: str, path: str) -> str:
    return (path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path) or "/"
