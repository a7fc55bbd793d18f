"""Under which address the caller sees this server: the base of every absolute URL in answers."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from fastapi import Request

from app.access.address import is_trusted, parse_address
from app.settings import Settings

_HOST = re.compile(r"[A-Za-z0-9.\-_]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
FORWARDING = frozenset({b"forwarded", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-prefix"})
_PREFIX = re.compile(r"(/[A-Za-z0-9._~\-]+)*")


def base_url(request: Request) -> str:
    """Base URL without a trailing slash: ``SWATH_PUBLIC_URL``, else what a trusted proxy says, else the request.

    Believed only from ``SWATH_TRUSTED_PROXIES``. ``X-Forwarded-Proto``, ``-Host`` and ``-Prefix`` come before
    ``Forwarded`` (RFC 7239), which many proxies pass on from the caller as it is.
    """
    settings: Settings = request.app.state.runtime.settings
    if settings.public_url:
        return settings.public_url.rstrip("/")
    scheme, host = request.scope["scheme"], request.headers.get("host", "")
    prefix = request.scope.get("root_path", "")
    if _is_forwarded(request) and _is_trusted(request, settings):
        scheme, host, prefix = _forwarded(request, scheme, host, prefix)
    if not _HOST.fullmatch(host):
        host = request.url.netloc
    return f"{scheme}://{host}{prefix.rstrip('/')}"


def own_url(request: Request) -> str:
    """Base URL whose sample catalogue is answered inside the process: as ``base_url``, but by the real ``Host``.

    A forwarded host could name any other site, whose items a cache in front would then take for the sample's.
    """
    settings: Settings = request.app.state.runtime.settings
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = request.headers.get("host", "")
    prefix = (
        urlsplit(base_url(request)).path if _is_forwarded(request) else request.scope.get("root_path", "").rstrip("/")
    )
    return f"http://{host if _HOST.fullmatch(host) else request.url.netloc}{prefix}"


def _is_forwarded(request: Request) -> bool:
    return any(name in FORWARDING for name, _ in request.scope["headers"])


def _is_trusted(request: Request, settings: Settings) -> bool:
    peer = parse_address(request.client.host) if request.client else None
    return is_trusted(peer, settings.trusted_proxies)


def _forwarded(request: Request, scheme: str, host: str, prefix: str) -> tuple[str, str, str]:
    headers = request.headers
    told = dict(re.findall(r'(proto|host)="?([^";,\s]+)', headers.get("forwarded", "").split(",")[0].lower()))
    scheme = _first(headers.get("x-forwarded-proto")) or told.get("proto") or scheme
    host = _first(headers.get("x-forwarded-host")) or told.get("host") or host
    prefix = _first(headers.get("x-forwarded-prefix")) or prefix
    return (
        scheme if scheme in ("http", "https") else "http",
        host,
        prefix if _PREFIX.fullmatch(prefix.rstrip("/")) else "",
    )


def _first(value: str | None) -> str:
    return (value or "").split(",")[0].strip()
