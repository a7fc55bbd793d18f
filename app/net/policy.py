"""Which sources may this server read? The operator's answer, parsed once from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Self
from urllib.parse import unquote

from app.errors import SourceNotAllowed, SwathError, shorten
from app.net.address import Address, is_metadata, is_public
from app.net.host import literal_address, split_netloc
from app.net.providers import provider_url
from app.net.url import HttpUrl
from app.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePrefix:
    """A URL below which everything may be read; ``subdomains`` when it was written ``https://*.example.com/``."""

    url: HttpUrl
    subdomains: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``https://host/path/``, ``https://*.example.com`` or ``s3://bucket/``."""
        scheme, separator, rest = text.partition("://")
        subdomains = rest.startswith("*.")
        plain = scheme + separator + rest.removeprefix("*.")
        return cls(url=HttpUrl.parse(provider_url(plain) or plain), subdomains=subdomains)

    def covers(self, url: HttpUrl) -> bool:
        """Tell whether ``url`` lies at or below this prefix, on a segment boundary."""
        if (url.scheme, url.port) != (self.url.scheme, self.url.port) or not self._covers_host(url.host):
            return False
        stem = unquote(self.url.path)
        path = "/".join(url.segments)
        below = stem if stem.endswith("/") else stem + "/"
        return ".." not in url.segments and (path == stem or path.startswith(below))

    def _covers_host(self, host: str) -> bool:
        return host.endswith("." + self.url.host) if self.subdomains else host == self.url.host


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePolicy:
    """What the operator opens beyond, or instead of, the public internet."""

    allow_hosts: frozenset[tuple[str, int | None]] = frozenset()
    """Canonical host and port; port None stands for every port."""
    allow_cidrs: tuple[IPv4Network | IPv6Network, ...] = ()
    allow_sources: tuple[SourcePrefix, ...] = ()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Parse the three settings.

        Raises:
            ValueError: An entry cannot be read; the message names the setting and the entry.
        """
        return cls(
            allow_hosts=frozenset(_host(text) for text in settings.allow_hosts),
            allow_cidrs=settings.allow_cidrs,
            allow_sources=tuple(_prefix(text) for text in settings.allow_sources),
        )

    def check(self, url: HttpUrl) -> None:
        """Judge a URL before anything is looked up: the list of sources, and an address written as a number.

        Raises:
            SourceNotAllowed: This server does not read it; the message names the setting that would change that.
        """
        if self.allow_sources and not any(prefix.covers(url) for prefix in self.allow_sources):
            raise SourceNotAllowed(f"This URL at {shown(url.host)} is not below a prefix named in SWATH_ALLOW_SOURCES.")
        address = literal_address(url.host)
        if address is not None and not self.opens(address, trusted=self.trusts(url)):
            raise address_refused(url.host)

    def trusts(self, url: HttpUrl) -> bool:
        """Tell whether the operator named this host and port."""
        return not self.allow_hosts.isdisjoint({(url.host, url.port), (url.host, None)})

    def opens(self, address: Address, *, trusted: bool) -> bool:
        """Tell whether a connection to ``address`` may be made; ``trusted`` when the operator named the host."""
        if is_metadata(address):
            return False
        return trusted or is_public(address) or any(address in network for network in self.allow_cidrs)


def address_refused(host: str) -> SourceNotAllowed:
    """Make the error of a host that is not public: the same words for every address, listened at or not."""
    return SourceNotAllowed(
        f"{shown(host)} is not a public host. The operator can open it with SWATH_ALLOW_HOSTS or SWATH_ALLOW_CIDRS."
    )


def shown(host: str) -> str:
    """Write a host for a message."""
    return shorten(host)


def _host(text: str) -> tuple[str, int | None]:
    try:
        return split_netloc(f"[{text}]" if text.count(":") > 1 and "[" not in text else text)
    except ValueError as error:
        raise ValueError(f"SWATH_ALLOW_HOSTS: {text!r} is not host[:port]") from error


def _prefix(text: str) -> SourcePrefix:
    try:
        return SourcePrefix.parse(text)
    except SwathError as error:
        raise ValueError(f"SWATH_ALLOW_SOURCES: {text!r} is not a URL prefix such as https://host/path/") from error
