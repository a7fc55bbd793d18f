"""Where does a text point? ``url=``, an asset's href, a link: each becomes a ``Location`` or a refusal."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from app.errors import SourceNotAllowed, shorten
from app.model.location import FileLocation, Location, RemoteLocation
from app.net.policy import SourcePolicy
from app.net.providers import provider_url
from app.net.url import HttpUrl, refuse_odd_characters

Mount = Callable[[str], FileLocation | None]
"""Gives the file that this very server shows at a decoded path below its base URL (``/v0/…``), if any."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+._-]*):")
_OUTSIDE = "Local files are read only inside the folder that SWATH_DATA_ROOT names."


class Locator:
    """Turns texts into locations under one policy.

    Args:
        policy: Which URLs may be read.
        data_root: Real path of the folder whose files may be named; None: no local file.
        mount: Files that are answered in process when a URL names this server itself.
    """

    def __init__(self, policy: SourcePolicy, data_root: Path | None = None, mount: Mount | None = None) -> None:
        self._policy = policy
        self._data_root = data_root.resolve() if data_root else None
        self._mount = mount

    def locate(self, href: str, *, base: Location | None = None, home: str | None = None) -> Location:
        """Judge ``href`` and say where it points; nothing is opened or looked up.

        Args:
            href: URL, path, or reference relative to ``base``.
            base: The document that holds ``href``; None when the caller sent it.
            home: Base URL of this server as the caller reached it, such as ``https://x.org/swath``.

        Raises:
            SourceNotAllowed: Refused; for a file the words are the same whether it exists or not.
        """
        text = href.strip()
        scheme = _scheme(text)
        if scheme == "file":
            return self._file_url(text, base)
        if scheme is None and not isinstance(base, RemoteLocation):
            return self._file(text, base)
        return self._remote(_url(text, scheme, base), home)

    def own_path(self, href: str, *, base: Location | None = None, home: str | None = None) -> str | None:
        """Give the decoded path below ``home`` of a URL that names this server itself; None for all others."""
        text = href.strip()
        scheme = _scheme(text)
        if home is None or not (scheme in ("http", "https") or (scheme is None and isinstance(base, RemoteLocation))):
            return None
        return _path_below(_url(text, scheme, base), home)

    def _remote(self, url: HttpUrl, home: str | None) -> Location:
        if self._mount is not None and home is not None:
            path = _path_below(url, home)
            if path is not None and (found := self._mount(path)) is not None:
                return found
        self._policy.check(url)
        return RemoteLocation(url.text)

    def _file_url(self, text: str, base: Location | None) -> FileLocation:
        if isinstance(base, RemoteLocation):
            raise SourceNotAllowed("A document from the web cannot name local files.")
        match = re.fullmatch(r"file://(?:localhost)?(/[^?#]*)", text, re.IGNORECASE)
        if match is None:
            raise SourceNotAllowed(_OUTSIDE)
        return self._file(unquote(match[1]), base)

    def _file(self, text: str, base: Location | None) -> FileLocation:
        """Find a path inside the root of ``base``, or inside ``SWATH_DATA_ROOT``."""
        _refuse_odd_path(text)
        root = base.root if isinstance(base, FileLocation) else self._data_root
        if root is None:
            raise SourceNotAllowed(f"{_OUTSIDE} It is not set.")
        folder = base.path.parent if isinstance(base, FileLocation) else root
        try:
            path = Path(os.path.realpath(folder / text))
        except (OSError, ValueError) as error:
            raise SourceNotAllowed(_OUTSIDE) from error
        if path == root or not path.is_relative_to(root):
            raise SourceNotAllowed(_OUTSIDE)
        return FileLocation(root=root, path=path)


def _url(text: str, scheme: str | None, base: Location | None) -> HttpUrl:
    """Read an absolute URL, or a reference relative to a remote ``base``."""
    refuse_odd_characters(text)
    _refuse_vsi(text)
    if scheme in ("http", "https"):
        return HttpUrl.parse(text)
    if scheme is None and isinstance(base, RemoteLocation):
        return HttpUrl.parse(base.url).join(text)
    return HttpUrl.parse(provider_url(text) or _refuse_scheme(scheme or ""))


def _scheme(text: str) -> str | None:
    """Give the lower-case scheme or driver prefix (``GTIFF_DIR:``), or None for a path."""
    match = _SCHEME.match(text)
    return match[1].lower() if match else None


def _refuse_scheme(scheme: str) -> str:
    raise SourceNotAllowed(
        f"{shorten(scheme, 20)}: is not a scheme this server reads; http, https, s3, gs and az work,"
        " and file when SWATH_DATA_ROOT is set."
    )


def _refuse_odd_path(text: str) -> None:
    """Refuse paths with characters that GDAL would give a meaning, or control characters; spaces are honest."""
    refuse_odd_characters(text.replace(" ", "_"))
    _refuse_vsi(text)


def _refuse_vsi(text: str) -> None:
    if text.lower().startswith("/vsi"):
        raise SourceNotAllowed("Names that begin with /vsi are not read; give the https URL or the path of the file.")


def _path_below(url: HttpUrl, home: str) -> str | None:
    """Give the decoded path of ``url`` below ``home``, beginning with ``/``; None when it is elsewhere.

    ``http`` and ``https`` count as one scheme: behind a proxy the server often sees the other one.
    """
    try:
        start = HttpUrl.parse(home)
    except SourceNotAllowed:
        return None
    ports = [None if each.has_default_port else each.port for each in (url, start)]
    stem = start.path.rstrip("/")
    if url.host != start.host or ports[0] != ports[1] or not (url.path + "/").startswith(stem + "/"):
        return None
    return unquote(url.path[len(stem) :]) or "/"
