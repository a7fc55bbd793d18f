"""Every way a request can fail, as a value with an audience.

SwathError                          status  slug (the ``type`` of the problem, a page of the docs)
├── BadRequest                      400     invalid-parameter
│   ├── InvalidType                 422     invalid-type
│   ├── InvalidExpression           400     invalid-expression
│   ├── LimitExceeded               400     limit-exceeded
│   │   ├── UrlTooLong              414     url-too-long
│   │   ├── HeadersTooLarge         431     headers-too-large
│   │   ├── BodyTooLarge            413     body-too-large
│   │   └── SearchTruncated         413     search-truncated
│   └── MalformedRequest            400     malformed-request
├── RequestTooSlow                  408     request-too-slow
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

Docstrings of the classes are pages of the docs: what typically causes the error, what the caller and what the operator
can do, and whether the same request may do better later (``scripts/make_docs.py``).
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
        self.of_source = False
        """One source is silent or asks for a pause; whoever asks others may do better."""

    def about(self, subject: str) -> Self:
        """Give the same error, its detail beginning with what it is about: ``Asset 'B04': …``."""
        told = copy(self)
        told.detail = f"{subject}: {self.detail}"
        return told

    def __copy__(self) -> Self:
        """Give the same error without its cause and traceback, which other libraries teach ``copy`` to keep."""
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__ |= self.__dict__
        return twin


class BadRequest(SwathError):
    """A parameter has a value that cannot be served.

    Causes:
        A parameter whose value is out of range, misspelt, or at odds with another one.

    Caller:
        Read `errors`: each entry names a parameter, the value as it came, and an accepted example.

    Operator:
        Nothing; `SWATH_STRICT=true` refuses unknown parameters, too.

    Retry:
        No, the answer will be the same.
    """

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
    """A parameter is missing or is not of its type (422, as TiTiler answers).

    Causes:
        `url` is missing, or a number was expected and is not there.

    Caller:
        Read `errors`, and send the parameter that it names; unquoted `&` in `url` cuts it off, so encode it.

    Operator:
        Nothing.

    Retry:
        No, the answer will be the same.
    """

    status = 422
    slug = "invalid-type"
    title = "Missing parameter or wrong type"


class InvalidExpression(BadRequest):
    """A band expression cannot be read or is not allowed.

    Causes:
        An unknown name, a function that is not allowed, a parenthesis that is not closed, or too long a formula.

    Caller:
        Look at `position`, the first character at fault; names are assets (`B04`), their bands (`B04_b1`) or positions
        (`b1`).

    Operator:
        Nothing: the language is fixed, so that no formula can harm the server.

    Retry:
        No, the answer will be the same.

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
    """A limit of this server would be passed; the message has the limit and the setting that moves it.

    Causes:
        A large picture, many assets, a file without overviews, or a source that sends more than an answer may read.

    Caller:
        Ask for a smaller area, fewer assets, or a smaller `width`, `height` or `max_size`.

    Operator:
        Move the limit whose `SWATH_` name the message has; memory and time per request grow with it.

    Retry:
        No, the answer will be the same.
    """

    slug = "limit-exceeded"
    title = "Limit exceeded"


class UrlTooLong(LimitExceeded):
    """The request line is longer than this server reads.

    Causes:
        A long expression, colormap or token in the query.

    Caller:
        Shorten the URL; name a colormap instead of writing it out.

    Operator:
        Nothing.

    Retry:
        No, the answer will be the same.
    """

    status = 414
    slug = "url-too-long"
    title = "URL too long"


class HeadersTooLarge(LimitExceeded):
    """The request line and headers are larger than this server reads.

    Causes:
        Large cookies of another site on the same domain, a very long URL, or headers that a proxy adds.

    Caller:
        Send fewer headers, or a shorter URL.

    Operator:
        `SWATH_HEAD_MAX_KB` moves the limit.

    Retry:
        No, the answer will be the same.
    """

    status = 431
    slug = "headers-too-large"
    title = "Headers too large"


class BodyTooLarge(LimitExceeded):
    """The body of the request is larger than this server reads.

    Causes:
        A search or a geometry with very many coordinates, or a file that was sent by mistake.

    Caller:
        Send a smaller body: simplify the geometry, ask in parts.

    Operator:
        `SWATH_BODY_MAX_MB` moves the limit.

    Retry:
        No, the answer will be the same.
    """

    status = 413
    slug = "body-too-large"
    title = "Body too large"


class SearchTruncated(LimitExceeded):
    """A search finds more than this server uses at once, and the caller wants all or nothing (`strict=true`).

    Causes:
        More items than `max_items` or a limit of this server, a source that failed on the way, or one that is slow.

    Caller:
        Search a shorter time, a smaller area or fewer clouds; or leave `strict` out, and read `X-Truncated`.

    Operator:
        Move the limit whose `SWATH_` name the message has.

    Retry:
        Later, where a source failed; else no.
    """

    status = 413
    slug = "search-truncated"
    title = "Search truncated"


class MalformedRequest(BadRequest):
    """What came is not a request of HTTP/1.1.

    Causes:
        TLS sent to a port without TLS, HTTP/2, a broken client, or a scanner.

    Caller:
        Use http:// and an HTTP/1.1 client.

    Operator:
        TLS is for the proxy in front; see the page for operators.

    Retry:
        No, the answer will be the same.
    """

    status = 400
    slug = "malformed-request"
    title = "Not a request"


class RequestTooSlow(SwathError):
    """The headers or the body of the request did not come in time.

    Causes:
        A very slow or broken connection, or a client that holds connections on purpose.

    Caller:
        Send the request again, on a better connection.

    Operator:
        `SWATH_HEAD_TIMEOUT_S` and `SWATH_BODY_TIMEOUT_S` are the limits.

    Retry:
        Yes, at once.
    """

    status = 408
    slug = "request-too-slow"
    title = "Request too slow"


class NotFound(SwathError):
    """The route, item or collection does not exist.

    Causes:
        A misspelt path, or an item that its server does not have (any more).

    Caller:
        Compare the path with `/docs`, and open the item's URL in a browser.

    Operator:
        Nothing; a missing item is asked for again after 5 seconds.

    Retry:
        No, unless the item is about to be published.
    """

    status = 404
    slug = "not-found"
    title = "Not found"


class AssetNotFound(NotFound):
    """The item has no asset of that name; the message names the ones there are.

    Causes:
        A misspelt asset, or an item of another collection, where the band has another name.

    Caller:
        Take a name out of the message, or ask `/stac/assets`.

    Operator:
        Nothing.

    Retry:
        No, the answer will be the same.
    """

    slug = "asset-not-found"
    title = "Asset not found"


class OutOfBounds(NotFound):
    """The tile, crop or point does not touch the data.

    Causes:
        A map that shows more than the data covers, or longitude and latitude in the wrong order.

    Caller:
        Nothing, on a map; ask for `empty=blank` or `empty=204` where it disturbs, and look at `/stac/bounds`.

    Operator:
        `SWATH_EMPTY_TILE=blank` answers such tiles with a transparent picture.

    Retry:
        No; a tile outside the data may be kept by caches.
    """

    slug = "out-of-bounds"
    title = "Outside the data"


class MethodNotAllowed(SwathError):
    """The route exists, but not for this HTTP method.

    Causes:
        A `POST` or `PUT` to a route that is only read.

    Caller:
        Use a method that the header `Allow` names.

    Operator:
        Nothing.

    Retry:
        No, the answer will be the same.
    """

    status = 405
    slug = "method-not-allowed"
    title = "Method not allowed"


class SourceNotAllowed(SwathError):
    """The address, scheme or path may not be read by this server (same answer whether it exists or not).

    Causes:
        A private or loopback address, a scheme other than http and https, a local path, a redirect to one of these, or
        a host that is not listed.

    Caller:
        Use a public URL, or ask the operator.

    Operator:
        `SWATH_ALLOW_HOSTS` and `SWATH_ALLOW_CIDRS` open private hosts, `SWATH_DATA_ROOT` a folder, and
        `SWATH_ALLOW_SOURCES` narrows everything down.

    Retry:
        No, until the settings change.
    """

    status = 403
    slug = "source-not-allowed"
    title = "Source not allowed"


class Unauthorized(SwathError):
    """The request has no key that this server knows.

    Causes:
        This server asks for a key, and none was sent, or one that is misspelt or was withdrawn.

    Caller:
        Send the key as `Authorization: Bearer …`, as `X-API-Key: …` or as `access_token=…`.

    Operator:
        `swath key new NAME` makes a key; its entry goes to `SWATH_API_KEYS` or `SWATH_API_KEYS_FILE`.

    Retry:
        No, not without a key.
    """

    status = 401
    slug = "unauthorized"
    title = "Key needed"


class AccessDenied(SwathError):
    """The key does not open this route, or the URL's signature is missing, wrong or expired.

    Causes:
        A key cut for other routes, a signed URL that was changed, or one whose time is over.

    Caller:
        Ask for a new URL, or for a key with the scope that the message names.

    Operator:
        The scopes stand in the key's entry (`SWATH_API_KEYS`); `swath sign URL` signs anew with the first of
        `SWATH_SIGNING_KEYS`.

    Retry:
        No, the answer will be the same.
    """

    status = 403
    slug = "access-denied"
    title = "Access denied"


class RateExceeded(SwathError):
    """The caller has used his allowance; ``retry_after_s`` says when there is enough again.

    Causes:
        Many or large requests in a short time by one key, or from one address.

    Caller:
        Wait as long as `Retry-After` says; `RateLimit` tells with every answer what is left.

    Operator:
        `SWATH_RATE_LIMIT` and `SWATH_RATE_BURST`, or the rate in the key's entry.

    Retry:
        Yes, after `Retry-After` seconds.
    """

    status = 429
    slug = "rate-exceeded"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: int) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class UpstreamUnusable(SwathError):
    """The source answered, but with something that is not an item or a raster this server can read.

    Causes:
        A link that has expired or needs a key (401, 403), a missing file, a page of HTML, a file that is damaged, no
        raster, or sent without ranges.

    Caller:
        Look at `upstream_status`, and open the asset's URL; sign it anew when it carries a signature.

    Operator:
        `SWATH_RANGELESS_MAX_MB` and `SWATH_ITEM_MAX_MB` bound what is read whole; the log has the cause.

    Retry:
        No, until the source changes.
    """

    status = 424
    slug = "upstream-unusable"
    title = "Source not usable"

    def __init__(self, detail: str, *, upstream_status: int | None = None) -> None:
        super().__init__(detail)
        self.upstream_status = upstream_status


class UpstreamFailed(SwathError):
    """The source could not be reached, or broke off: refused, DNS, TLS, 5xx, cut, wrong range.

    Causes:
        The source is down, its name is not known, its certificate is wrong, it answers 5xx, or the connection broke; it
        was asked twice where that may help.

    Caller:
        Try again in a moment.

    Operator:
        Find the line of the log by the id: `cause` has what the connection said; see that the server may reach the host
        (proxy, firewall, DNS).

    Retry:
        Yes, after some seconds.
    """

    status = 502
    slug = "upstream-failed"
    title = "Source failed"

    def __init__(self, detail: str, *, upstream_status: int | None = None) -> None:
        super().__init__(detail)
        self.upstream_status = upstream_status


class DeadlineExceeded(SwathError):
    """The source, or the whole request, took longer than its time.

    Causes:
        A slow source, a large file without overviews, or a server with too much to do.

    Caller:
        Try again: what was read is kept; or ask for fewer assets or features.

    Operator:
        `SWATH_TILE_DEADLINE_S`, `SWATH_CROP_DEADLINE_S`, `SWATH_ITEM_TIMEOUT_S` and `SWATH_UPSTREAM_TIMEOUT_S` are the
        limits; `steps_ms` in the log says where the time went.

    Retry:
        Yes, after some seconds.
    """

    status = 504
    slug = "deadline-exceeded"
    title = "Took too long"


class Overloaded(SwathError):
    """The source, or this server, asks for a pause; ``Retry-After`` says how long.

    Causes:
        The source answers 429 or 503, its host failed so often that it is left alone, or more is asked of this server
        than it can do.

    Caller:
        Wait as long as `Retry-After` says.

    Operator:
        `swath_shed_total` and `swath_queue_depth` tell which; more workers, `SWATH_REQUESTS_MAX` and
        `SWATH_QUEUE_MAX_S` move the limits.

    Retry:
        Yes, after `Retry-After` seconds.
    """

    status = 503
    slug = "overloaded"
    title = "Overloaded, try again"

    def __init__(self, detail: str, *, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class InternalError(SwathError):
    """A bug of ours; the caller gets the request id and nothing else.

    Causes:
        A mistake in this server.

    Caller:
        Report the request id with the URL.

    Operator:
        Find the line of the log by the id; it has the traceback, which belongs into the report of the bug.

    Retry:
        Once; if it fails again, it will go on to fail.
    """


def shorten(text: str, limit: int = 80) -> str:
    """Cut a caller's value to ``limit`` characters, without control characters, so that it can be shown back."""
    printable = "".join(char if char.isprintable() else "?" for char in text[: limit + 1])
    return printable if len(printable) <= limit else printable[: limit - 1] + "…"
