"""Which host does a URL name? One spelling for each host, however it was written.

``http://0x7f.1``, ``http://2130706433``, ``http://127.1`` and fullwidth digits are all accepted by ``getaddrinfo``, and
all mean 127.0.0.1; ``LOCALHOST.`` is ``localhost``. Judging and connecting must see the same name.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address

from yarl import URL

from app.net.address import Address

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_NETLOC = re.compile(r"(\[[^\[\]@]*\]|[^\[\]:@]+)(?::([0-9]{0,5}))?")


def split_netloc(netloc: str) -> tuple[str, int | None]:
    """Split ``host[:port]`` into the canonical host and the port.

    Raises:
        ValueError: A user name, a port outside 1..65535, or no host that could be looked up.
    """
    match = _NETLOC.fullmatch(netloc)
    if match is None:
        raise ValueError("host and port cannot be read")
    port = int(match[2]) if match[2] else None
    if port is not None and not 1 <= port <= 65535:
        raise ValueError("port outside 1..65535")
    return canonical_host(match[1]), port


def canonical_host(text: str) -> str:
    """Write a host in its one spelling: a lower-case ASCII name, dotted IPv4, or compressed IPv6 without brackets.

    Raises:
        ValueError: No host that could be looked up.
    """
    if text.startswith("["):
        return _ipv6(text[1:-1])
    name = unicodedata.normalize("NFKC", text).replace("\u3002", ".").lower().removesuffix(".")
    if not name.isascii():
        name = _punycode(name)
    if (number := _legacy_ipv4(name)) is not None:
        return number
    if len(name) > 253 or not _NAME.fullmatch(name) or _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise ValueError("not a host name")
    return name


def literal_address(host: str) -> Address | None:
    """Give the address when a canonical host is one, else None."""
    try:
        return IPv6Address(host) if ":" in host else IPv4Address(host)
    except ValueError:
        return None


def bracketed(host: str) -> str:
    """Write a canonical host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def _ipv6(text: str) -> str:
    if "%" in text:
        raise ValueError("an address with a zone")
    return IPv6Address(text).compressed


def _punycode(name: str) -> str:
    """IDNA, as the HTTP library would do it; what is not encodable is no host."""
    host = URL.build(scheme="http", host=name).raw_host
    if not host or not host.isascii():
        raise ValueError("not a host name")
    return host.lower().removesuffix(".")


def _legacy_ipv4(name: str) -> str | None:
    """Read the numeric forms of ``inet_aton``: one to four parts, decimal, octal or hexadecimal."""
    if not all(_NUMBER.fullmatch(part) for part in name.split(".")):
        return None
    try:
        return str(IPv4Address(socket.inet_aton(name)))
    except OSError as error:
        raise ValueError("not an address") from error
