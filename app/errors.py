"""Every way a request can fail, as a value with an audience.

SwathError                          status  slug (the ``type`` of the problem, a page of the docs)
├── BadRequest                      400     invalid-parameter
│   ├── InvalidType                 422     invalid-type
│   ├── InvalidExpression           400     invalid-expression
│   └── LimitExceeded               400     limit-exceeded
│       └── UrlTooLong              414     url-too-long
├── NotFound                        404     not-found
│   ├── AssetNotFound               404     asset-not-found
│   └── OutOfBounds                 404     out-of-bounds
├── MethodNotAllowed                405     method-not-allowed
├── SourceNotAllowed                403     source-not-allowed
├── Unauthorized                    401     unauthorized
├── AccessDenied                    403     access-denied
├── RateExceeded                    429     rate-exceeded
├── UpstreamUnusable                424     upstream-unusable
├── UpstreamFailed                  502     upstream-failed
├── DeadlineExceeded                504     deadline-exceeded
├── Overloaded                      503     overloaded
└── InternalError                   500     internal-error

The public message never holds the text of a foreign exception, an upstream URL with its query, or a path on disk:
``detail`` has the value, the limit or the alternatives, and the remedy. The cause travels as ``__cause__`` to the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterFault:
    """What is wrong with one parameter: its name, the value as sent (shortened) and one sentence."""

    name: str
    message: str
    value: str | None = None


class SwathError(Exception):
    """A failure that Swath can explain to the caller.

    Args:
        detail: One or two sentences for a person: the value, the limit or the alternatives, and the remedy.
        faults: One entry per parameter at fault, when parameters are at fault.
    """

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, faults: Sequence[ParameterFault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)
        self.retry_after_s: int | None = None
        self.upstream_status: int | None = None
        self.pause_s: float | None = None
        """Seconds after which the same request to the source may do better; None where it will not."""

    def about(self, subject: str) -> Self:
        """Give the same error, its detail beginning with what it is about: ``Asset 'B04': …``."""
        told = copy(self)
        told.detail = f"{subject}: {self.detail}"
        return told


class BadRequest(SwathError):
    """A parameter has a value that cannot be served."""

    status = 400
    slug = "invalid-parameter"
    title = "Invalid parameter"

    @classmethod
    def of(cls, name: str, value: object, message: str) -> BadRequest:
        """Make the error of one parameter; ``message`` says what is accepted, with an example."""
        shown = shorten(str(value))
        fault = ParameterFault(name=name, message=message, value=shown)
        return cls(f"{name}={shown!r}: {message}", faults=[fault])


class InvalidType(BadRequest):
    """A parameter is missing or is not of its type (422, as TiTiler answers)."""

    status = 422
    slug = "invalid-type"
    title = "Missing parameter or wrong type"


class InvalidExpression(BadRequest):
    """A band expression cannot be read or is not allowed.

    Args:
        detail: What is wrong.
        position: Offset of the first character at fault in the text as sent, from 0.
    """

    slug = "invalid-expression"
    title = "Invalid expression"

    def __init__(self, detail: str, *, position: int | None = None, faults: Sequence[ParameterFault] = ()) -> None:
        super().__init__(detail, faults=faults)
        self.position = position


class LimitExceeded(BadRequest):
    """A limit of this server would be passed; the message has the limit and the setting that moves it."""

    slug = "limit-exceeded"
    title = "Limit exceeded"


class UrlTooLong(LimitExceeded):
    """The request line is longer than this server reads."""

    status = 414
    slug = "url-too-long"
    title = "URL too long"


class NotFound(SwathError):
    """The route, item or collection does not exist."""

    status = 404
    slug = "not-found"
    title = "Not found"


class AssetNotFound(NotFound):
    """The item has no asset of that name; the message names the ones there are."""

    slug = "asset-not-found"
    title = "Asset not found"


class OutOfBounds(NotFound):
    """The tile, crop or point does not touch the data."""

    slug = "out-of-bounds"
    title = "Outside the data"


class MethodNotAllowed(SwathError):
    """The route exists, but not for this HTTP method."""

    status = 405
    slug = "method-not-allowed"
    title = "Method not allowed"


class SourceNotAllowed(SwathError):
    """The address, scheme or path may not be read by this server (same answer whether it exists or not)."""

    status = 403
    slug = "source-not-allowed"
    title = "Source not allowed"


class Unauthorized(SwathError):
    """The request has no key that this server knows."""

    status = 401
    slug = "unauthorized"
    title = "Key needed"


class AccessDenied(SwathError):
    """The key does not open this route, or the URL's signature is missing, wrong or expired."""

    status = 403
    slug = "access-denied"
    title = "Access denied"


class RateExceeded(SwathError):
    """The caller has used his allowance; ``retry_after_s`` says when there is enough again."""

    status = 429
    slug = "rate-exceeded"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class UpstreamUnusable(SwathError):
    """The source answered, but with something that is not an item or a raster this server can read."""

    status = 424
    slug = "upstream-unusable"
    title = "Source not usable"

    def __init__(self, detail: str, *, upstream_status: int | None = None) -> None:
        super().__init__(detail)
        self.upstream_status = upstream_status


class UpstreamFailed(SwathError):
    """The source could not be reached, or broke off: refused, DNS, TLS, 5xx, cut, wrong range."""

    status = 502
    slug = "upstream-failed"
    title = "Source failed"

    def __init__(self, detail: str, *, upstream_status: int | None = None) -> None:
        super().__init__(detail)
        self.upstream_status = upstream_status


class DeadlineExceeded(SwathError):
    """The source, or the whole request, took longer than its time."""

    status = 504
    slug = "deadline-exceeded"
    title = "Took too long"


class Overloaded(SwathError):
    """The source or this server asks for a pause; ``retry_after_s`` says how long."""

    status = 503
    slug = "overloaded"
    title = "Overloaded, try again"

    def __init__(self, detail: str, *, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class InternalError(SwathError):
    """A bug of ours; the caller gets the request id and nothing else."""


def shorten(text: str, limit: int = 80) -> str:
    """Cut a caller's value to ``limit`` characters, without control characters, so that it can be shown back."""
    printable = "".join(char if char.isprintable() else "?" for char in text[: limit + 1])
    return printable if len(printable) <= limit else printable[: limit - 1] + "…"
