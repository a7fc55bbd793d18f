"""Whose key is this? Keys are kept as SHA-256 digests, each with a name and what it opens.

A slow hash protects a password that can be guessed. A key is 32 random bytes, which nobody guesses, however fast the
hash; and a request should not pay for a slow one.
"""

from __future__ import annotations

import hashlib
import math
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.settings import Settings

EVERYTHING = "*"
PREFIX = "swath_"
"""Begins every key, so that a scanner of sources finds one that was committed by mistake."""
RANDOM_BYTES = 32

_NAME = r"[A-Za-z0-9._\-]{1,64}"
_ENTRY = re.compile(rf"(?P<id>{_NAME}):(?P<digest>[0-9a-fA-F]{{64}})(:(?P<scopes>[a-z+*]*))?(:(?P<rate>.+))?")


class Scope(StrEnum):
    """Kinds of routes that a key may be cut for."""

    TILES = "tiles"
    DATA = "data"
    INFO = "info"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One key, without the key.

    Attributes:
        id: Its name, for logs and allowances.
        digest: SHA-256 of it.
        scopes: What it opens.
        units_per_minute: Its own allowance, or None for that of everybody.
    """

    id: str
    digest: bytes
    scopes: frozenset[Scope] = frozenset(Scope)
    units_per_minute: float | None = None

    @property
    def entry(self) -> str:
        """The line of the settings that ``read_entry`` reads."""
        scopes = EVERYTHING if self.scopes == frozenset(Scope) else "+".join(sorted(self.scopes))
        rate = "" if self.units_per_minute is None else f":{self.units_per_minute:g}"
        return f"{self.id}:{self.digest.hex()}:{scopes}{rate}"


class KeyRing:
    """Finds keys by what a caller sends.

    Raises:
        ValueError: Two keys have the same name or the same digest.
    """

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._by_digest = {key.digest: key for key in keys}
        if len(self._by_digest) < len(keys) or len({key.id for key in keys}) < len(keys):
            raise ValueError("SWATH_API_KEYS: two entries have the same name or the same key; each key has one entry")

    @classmethod
    def from_settings(cls, settings: Settings) -> KeyRing:
        """Read the keys of ``SWATH_API_KEYS`` and ``SWATH_API_KEYS_FILE``.

        Raises:
            ValueError: An entry cannot be read, or the file has none; the message has its number, never its text.
        """
        keys = _read_entries("SWATH_API_KEYS", settings.api_keys)
        if settings.api_keys_file is not None:
            of_file = _read_entries("SWATH_API_KEYS_FILE", _lines(settings.api_keys_file))
            if not of_file:
                raise ValueError("SWATH_API_KEYS_FILE has no entry; 'swath key new NAME' makes one")
            keys += of_file
        return cls(keys)

    def __bool__(self) -> bool:
        return bool(self._by_digest)

    @property
    def has_own_rates(self) -> bool:
        """Whether a key has an allowance of its own."""
        return any(key.units_per_minute is not None for key in self._by_digest.values())

    def find(self, token: str) -> ApiKey | None:
        """Give the key that ``token`` is.

        The time of the lookup depends on the digest of what was sent, which a caller cannot steer towards the digest
        of a key: it tells nothing about the keys there are.
        """
        return self._by_digest.get(_digest(token))


def new_key(name: str, scopes: Iterable[Scope] = (), units_per_minute: float | None = None) -> tuple[str, ApiKey]:
    """Make a key: its text, which is kept by nobody here, and its entry.

    Args:
        scopes: What it opens; none means everything.

    Raises:
        ValueError: The name has other characters than letters, digits, dot, underscore and hyphen.
    """
    if not re.fullmatch(_NAME, name):
        raise ValueError("a key's name has 1 to 64 letters, digits, dots, underscores or hyphens")
    text = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    opened = frozenset(scopes) or frozenset(Scope)
    return text, ApiKey(id=name, digest=_digest(text), scopes=opened, units_per_minute=units_per_minute)


def read_entry(text: str) -> ApiKey:
    """Read ``name:digest[:scope+scope[:units per minute]]``.

    Raises:
        ValueError: It is not written so; the message does not repeat it.
    """
    match = _ENTRY.fullmatch(text)
    if match is None:
        raise ValueError("is not name:sha256-hex[:scope+scope[:units per minute]]; 'swath key new NAME' makes an entry")
    rate = _read_rate(match["rate"]) if match["rate"] else None
    scopes = _read_scopes(match["scopes"] or EVERYTHING)
    return ApiKey(id=match["id"], digest=bytes.fromhex(match["digest"]), scopes=scopes, units_per_minute=rate)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _read_entries(setting: str, texts: Iterable[str]) -> list[ApiKey]:
    keys = []
    for number, text in enumerate(texts, 1):
        try:
            keys.append(read_entry(text))
        except ValueError as err:
            raise ValueError(f"{setting}: entry {number} {err}") from None
    return keys


def _lines(path: Path) -> list[str]:
    """The lines of a file without comments; ``ValueError`` when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise ValueError(f"SWATH_API_KEYS_FILE={path} cannot be read") from err
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def _read_scopes(text: str) -> frozenset[Scope]:
    words = text.split("+")
    if EVERYTHING in words:
        return frozenset(Scope)
    try:
        return frozenset(Scope(word) for word in words)
    except ValueError:
        raise ValueError(f"has a scope that is none of {', '.join(Scope)} and {EVERYTHING}") from None


def _read_rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise ValueError("has a rate that is not a number of units per minute above 0")
    return rate
