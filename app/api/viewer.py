"""The files that pages are made of: read once, compressed once, and addressed by what is in them.

Pages name their files below ``viewer/~{version}/``, where the version is a digest of all of them. What stands there
never changes, so that browsers keep it for ever; under its plain name a file is asked for again each time.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import deflate
from fastapi import Request
from fastapi.responses import Response

from app.api.responses import known_names
from app.errors import NotFound

FOLDER = Path(__file__).parents[1] / "viewer"
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    "": "text/plain; charset=utf-8",
}
"""Not the machine's own table, which differs from one machine to the next; what is not here is not served."""
FOR_EVER = "public, max-age=31536000, immutable"
LEVEL = 9
"""Of compression, 1 to 12: each file is compressed once in the life of a process."""
_VERSIONED = re.compile(r"~([0-9a-f]+)/(.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerFile:
    """A file of a page, as it is and compressed (gzip), and a digest of it."""

    body: bytes
    packed: bytes
    digest: str
    media_type: str


def send_file(request: Request, path: str) -> Response:
    """Answer with a file of the viewer, compressed for those who take it.

    Raises:
        NotFound: No such file.
    """
    version, name = match.groups() if (match := _VERSIONED.fullmatch(path)) else ("", path)
    file = read_file(name)
    if file is None:
        raise NotFound("There is no such file in the viewer.")
    lasting = version == viewer_version()
    headers = {
        "Cache-Control": FOR_EVER if lasting else "no-cache",
        "Content-Type": file.media_type,
        "ETag": f'"{file.digest}"',
        "Vary": "Accept-Encoding",
    }
    if file.digest in known_names(request):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, headers=headers | {"Content-Encoding": "gzip"})
    return Response(file.body, headers=headers)


def send_page(name: str, policy: str) -> Response:
    """Answer with a page of the viewer under a Content-Security-Policy; its files are named by their version."""
    html = (FOLDER / name).read_text(encoding="utf-8")
    html = html.replace('"viewer/', f'"viewer/~{viewer_version()}/')
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": policy}
    return Response(html, headers=headers, media_type=MEDIA_TYPES[".html"])


@lru_cache(maxsize=256)
def read_file(name: str) -> ViewerFile | None:
    """A file of the viewer by its path inside the folder; None when there is none."""
    media_type = MEDIA_TYPES.get(Path(name).suffix)
    if media_type is None or name not in _names():
        return None
    body = (FOLDER / name).read_bytes()
    packed = bytes(deflate.gzip_compress(body, LEVEL))
    return ViewerFile(body=body, packed=packed, digest=hashlib.sha256(body).hexdigest()[:32], media_type=media_type)


@lru_cache(maxsize=1)
def viewer_version() -> str:
    """Digest of all files of the viewer."""
    digest = hashlib.sha256()
    for name in sorted(_names()):
        digest.update(name.encode() + b"\0" + (FOLDER / name).read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """What is in the folder: no other path is ever opened."""
    return frozenset(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file())
