"""What may a log hold of a text that came from outside? No secret, and no second line."""

from __future__ import annotations

import re

_SEPARATOR = r"(?:[?&;#]|%(?:25)*(?:3F|26|3B|23))"
_EQUALS = r"(?:=|%(?:25)*3D)"
_VALUE = r"(?:(?!%(?:25)*26)[^&\s\"'<>])+"
_LONG = r"access_token|signature|sig|x-amz-[a-z-]+|x-goog-[a-z-]+|token|api[_-]?key|apikey|key|password|passwd|secret"
_SAS = "sv|se|sr|sp|st|spr|skoid|sktid|skt|ske|sks|skv"
"""Parameters of Azure's shared access signatures: short words that mean something else outside of a query."""
_SECRET = re.compile(
    rf"((?:(?<![\w.-])|{_SEPARATOR})(?:{_LONG}){_EQUALS}|{_SEPARATOR}(?:{_SAS}){_EQUALS}){_VALUE}",
    re.IGNORECASE,
)
_USER = re.compile(
    r"((?::|%(?:25)*3A)(?://|%(?:25)*2F%(?:25)*2F))(?:(?!%(?:25)*(?:2F|3F|23))[^/\s@?#&\"'])+(?:@|%(?:25)*40)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]+", re.IGNORECASE)


def redact(text: str) -> str:
    """Take the secrets of URLs and headers out: tokens, signatures, keys, passwords; also where a URL is in a URL."""
    if "=" not in text and "@" not in text and "%3" not in text and " " not in text:
        return text
    text = _USER.sub(r"\1***@", text)
    return _BEARER.sub(r"\1 ***", _SECRET.sub(r"\1***", text))


def on_one_line(text: str) -> str:
    """Write control characters, line ends of every kind among them, as escapes: what a text says stays one line."""
    return text if text.isprintable() else "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
