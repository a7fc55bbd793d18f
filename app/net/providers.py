"""At which https host does an object store keep a public bucket?"""

from __future__ import annotations

import re
from urllib.parse import quote

from app.errors import SourceNotAllowed

_STORE = re.compile(r"(s3|gs|az)://([^/]*)/?(.*)", re.IGNORECASE | re.DOTALL)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")


def provider_url(text: str) -> str | None:
    """Translate ``s3://bucket/key``, ``gs://bucket/key`` or ``az://account/container/blob``; None for other texts.

    Requests are not signed: what a stranger could read is what can be read. Keys are taken literally (a ``%`` is a
    percent sign).

    Raises:
        SourceNotAllowed: The bucket or account has a name that the provider does not give.
    """
    match = _STORE.fullmatch(text)
    if match is None:
        return None
    scheme, bucket, key = match[1].lower(), match[2], quote(match[3], safe="/")
    names = _ACCOUNT if scheme == "az" else _BUCKET
    if not names.fullmatch(bucket) or ".." in bucket:
        raise SourceNotAllowed(f"{scheme}:// needs a bucket or account name, such as {scheme}://name/path/file.tif.")
    if scheme == "az":
        return f"https://{bucket}.blob.core.windows.net/{key}"
    if scheme == "gs":
        return f"https://storage.googleapis.com/{bucket}/{key}"
    if "." in bucket or "_" in bucket:  # the wildcard certificate covers one label
        return f"https://s3.amazonaws.com/{bucket}/{key}"
    return f"https://{bucket}.s3.amazonaws.com/{key}"
