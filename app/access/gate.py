"""May this request be answered? A key or a signature opens; where both are asked for, either suffices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from app.access.keys import ApiKey, KeyRing, Scope
from app.access.signature import EXPIRES, SIGNATURE, Pairs, Signer, is_template, kind_of
from app.errors import AccessDenied, SwathError, Unauthorized
from app.settings import Settings

TOKEN = "access_token"  # noqa: S105 -- the parameter's name
HOW = f"Send a key as 'Authorization: Bearer …', as 'X-API-Key: …' or as {TOKEN}=…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request shows for itself.

    Attributes:
        path: Below the server's prefix, percent-decoded.
        pairs: The query, percent-decoded; empty when it has neither a key nor a signature.
        scope: What a key must open for it; None when any key will do.
        key: The key of its headers, or None.
        reads_only: It has no body, which a signature would not cover.
    """

    path: str
    pairs: Pairs = ()
    scope: Scope | None = None
    key: str | None = None
    reads_only: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Why a request may be answered.

    Attributes:
        key: Its key, or None when a signature opened.
        token: The key as it stood in the query, from where the URLs in an answer may take it; None for headers.
        expires: When its signature ends, in unix seconds, or None when a key opened.
    """

    key: ApiKey | None = None
    token: str | None = None
    expires: int | None = None


class Gate:
    """Judges requests by keys and signatures."""

    def __init__(self, keys: KeyRing, signer: Signer | None) -> None:
        self._keys = keys
        self._signer = signer

    @classmethod
    def from_settings(cls, settings: Settings) -> Gate | None:
        """The gate of ``SWATH_API_KEYS`` and ``SWATH_SIGNING_KEYS``, or None when neither is set.

        Raises:
            ValueError: An entry cannot be read.
        """
        keys = KeyRing.from_settings(settings)
        secrets = [secret.get_secret_value() for secret in settings.signing_keys]
        if keys.has_own_rates and settings.rate_limit is None:
            raise ValueError("SWATH_API_KEYS: a key has a rate of its own, but no limit is on; set SWATH_RATE_LIMIT")
        return cls(keys, Signer(secrets) if secrets else None) if keys or secrets else None

    def admit(self, asked: Asked, now: float) -> Grant:
        """Find what opens for a request.

        Args:
            now: Unix seconds.

        Raises:
            Unauthorized: A key is missing or unknown.
            AccessDenied: The key does not open this, or the signature is wrong or expired.
        """
        refusals: list[SwathError] = []
        for judge in (self._by_key, self._by_signature):
            try:
                if grant := judge(asked, now):
                    return grant
            except SwathError as refusal:
                refusals.append(refusal)
        raise refusals[-1] if refusals else self._nothing_shown()

    def hand_on(self, grant: Grant, path: str, pairs: Pairs) -> list[tuple[str, str]]:
        """Give the query of a link to this path: with the key of the caller's query, or signed until the same time.

        Who may read a document may follow its links. Templates other than those of tiles cannot be signed.
        """
        handed = list(pairs)
        if grant.token is not None:
            handed.append((TOKEN, grant.token))
        elif grant.expires is not None and self._signer is not None and (is_template(path) or "{" not in path):
            handed.append((EXPIRES, str(grant.expires)))
            handed.append((SIGNATURE, self._signer.sign(kind_of(path), path, handed)))
        return handed

    def _by_key(self, asked: Asked, _now: float) -> Grant | None:
        tokens = [asked.key] if asked.key is not None else _values(asked, TOKEN)
        if not tokens or not self._keys:
            return None
        key = self._keys.find(tokens[0]) if len(tokens) == 1 else None
        if key is None:
            raise Unauthorized(f"The key is not one of this server (SWATH_API_KEYS). {HOW}.")
        if asked.scope is not None and asked.scope not in key.scopes:
            raise AccessDenied(
                f"The key {key.id!r} does not open {asked.scope.value!r}; it opens {', '.join(sorted(key.scopes))} "
                "(SWATH_API_KEYS)."
            )
        return Grant(key=key, token=tokens[0] if asked.key is None else None)

    def _by_signature(self, asked: Asked, now: float) -> Grant | None:
        signatures = _values(asked, SIGNATURE)
        if not signatures or self._signer is None:
            return None
        expires = _values(asked, EXPIRES)
        well_formed = len(signatures) == len(expires) == 1 and re.fullmatch("[0-9]{1,11}", expires[0])
        if not (asked.reads_only and well_formed and self._signer.fits(signatures[0], asked.path, asked.pairs)):
            raise AccessDenied("The signature does not fit this request (SWATH_SIGNING_KEYS); ask for a new URL.")
        end = int(expires[0])
        if now >= end:
            ended = datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            raise AccessDenied(f"The signature of this URL expired at {ended}; ask for a new URL.")
        return Grant(expires=end)

    def _nothing_shown(self) -> SwathError:
        if self._keys:
            signed = ", or ask for a signed URL" if self._signer else ""
            return Unauthorized(f"This server asks for a key (SWATH_API_KEYS). {HOW}{signed}.")
        return AccessDenied("This server answers signed URLs only (SWATH_SIGNING_KEYS); ask its operator for one.")


def _values(asked: Asked, name: str) -> list[str]:
    return [value for given, value in asked.pairs if given == name]
