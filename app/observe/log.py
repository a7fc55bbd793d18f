"""How does the server tell what it does? One line a request and one for each other event, as JSON or for a person."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from functools import partial
from typing import Any, Literal

from app.errors import InternalError, SwathError
from app.observe.record import Record
from app.observe.redact import on_one_line, redact
from app.observe.sink import Sink

Form = Literal["auto", "json", "text", "off"]
Level = Literal["debug", "info", "warning", "error"]

STDERR = 2
CAUSES_MAX = 5
CAUSE_CHARS = 500
PROBES = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
"""Asked every few seconds by machines: their lines are for those who look for them (``SWATH_LOG_LEVEL=debug``)."""

_requests = logging.getLogger("swath.request")
_sink = Sink(STDERR)


def configure_logging(form: Form, level: Level) -> None:
    """Give all lines of this process one form and one way: ours, uvicorn's, the libraries', warnings.

    Args:
        form: ``auto`` is text on a terminal, else JSON; ``off`` is the same without the lines of requests.
        level: Least level of our own lines; those of libraries begin at ``warning``.
    """
    text = form == "text" or (form != "json" and sys.stderr.isatty())
    _put_handler(logging.getLogger(), Handler(_sink, TextFormatter() if text else JsonFormatter()))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # What GDAL says of a broken file is in the line of the request; without a request it says that drivers which it
    # should not load are not there.
    logging.getLogger("rasterio").setLevel(logging.CRITICAL)
    logging.getLogger("swath").setLevel(level.upper())
    _requests.setLevel(logging.CRITICAL + 1 if form == "off" else logging.NOTSET)
    logging.captureWarnings(capture=True)


def drain_log() -> None:
    """Write what waits, before the process ends."""
    _sink.drain()


def log_request(record: Record, total_ms: float) -> None:
    """Write the line of a request; a bug is an error, a failure of others a warning."""
    level = _level_of(record)
    if _requests.isEnabledFor(level):
        line = logging.LogRecord("swath.request", level, "", 0, "request", None, None)
        line.fields = request_fields(record, total_ms)
        _requests.handle(line)


def request_fields(record: Record, total_ms: float) -> dict[str, Any]:
    """Everything that is known of a request and is no secret; what is empty is left out."""
    fields: dict[str, Any] = {
        "id": record.id,
        "method": record.method,
        "route": record.route,
        "status": record.status,
        "ms": round(total_ms, 1),
    }
    if record.steps_ms:
        fields["steps_ms"] = {name: round(spent, 1) for name, spent in record.steps_ms.items()}
    if record.cache_hits:
        fields["cache_hits"] = record.cache_hits.copy()
    if record.upstream_requests:
        fields["upstream_hosts"] = sorted(record.upstream_hosts)
        fields["upstream_requests"] = record.upstream_requests
        fields["upstream_bytes"] = record.upstream_bytes
    if record.key_id is not None:
        fields["key"] = record.key_id
    if record.problem:
        fields |= _problem_fields(record)
    return fields


def _problem_fields(record: Record) -> dict[str, Any]:
    error = record.error
    fields: dict[str, Any] = {"problem": record.problem}
    if isinstance(error, SwathError):
        fields["detail"] = redact(error.detail)
    if causes := causes_of(error):
        fields["cause"] = causes
    if error is not None and (isinstance(error, InternalError) or not isinstance(error, SwathError)):
        fields["traceback"] = redact("".join(traceback.format_exception(error)))
    return fields


def causes_of(error: BaseException | None) -> list[str]:
    """What an error was raised from, the nearest first, each with its type; without secrets."""
    causes: list[str] = []
    cause = error and (error.__cause__ or error.__context__)
    while cause is not None and len(causes) < CAUSES_MAX:
        causes.append(redact(f"{type(cause).__name__}: {cause}"[:CAUSE_CHARS]))
        cause = cause.__cause__ or cause.__context__
    return causes


def _level_of(record: Record) -> int:
    if record.status < 400 or record.status == 499:
        return logging.DEBUG if record.route in PROBES else logging.INFO
    if record.status < 500 and record.status != 424:
        return logging.INFO
    return logging.ERROR if record.status == 500 else logging.WARNING


class Handler(logging.Handler):
    """Hands lines to the sink: of requests what makes them, of others the text, because what they tell may change."""

    def __init__(self, sink: Sink, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self._sink = sink

    def createLock(self) -> None:  # noqa: N802 -- the library's name
        """Without: the sink is safe to use from several threads."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler``."""
        is_of_request = hasattr(record, "fields")
        self._sink.write(partial(self._text_of, record) if is_of_request else self._text_of(record))

    def _text_of(self, record: logging.LogRecord) -> str:
        try:
            return self.format(record)
        except Exception as error:  # noqa: BLE001 -- a line that cannot be written must end nothing
            return f"A line of {record.name} could not be written: {type(error).__name__}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line, ASCII only: no text in it can end the line."""

    def __init__(self) -> None:
        super().__init__()
        self._encode = json.JSONEncoder(separators=(",", ":"), default=str).encode

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        line: dict[str, Any] = {"time": _utc(record.created), "level": record.levelname.lower()}
        fields = getattr(record, "fields", None)
        if fields is not None:
            return self._encode(line | fields)
        line |= {"logger": record.name, "message": redact(record.getMessage())}
        if record.exc_info:
            line["traceback"] = redact(self.formatException(record.exc_info))
        return self._encode(line)


class TextFormatter(logging.Formatter):
    """One line for a person; further lines (tracebacks) are indented, so that none can pass for an entry."""

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        fields = getattr(record, "fields", None)
        said = _told(fields) if fields is not None else f"{record.name}: {on_one_line(redact(record.getMessage()))}"
        trace = fields.get("traceback") if fields is not None else None
        if record.exc_info:
            trace = redact(self.formatException(record.exc_info))
        head = f"{time.strftime('%H:%M:%S', time.localtime(record.created))} {record.levelname:<7} {said}"
        return head + "".join(f"\n    {on_one_line(each)}" for each in trace.splitlines()) if trace else head


def _told(fields: dict[str, Any]) -> str:
    """``200 GET /{ds}/info 12.3 ms item=1.0 …``."""
    parts = [f"{fields['status']} {fields['method']} {fields['route'] or '-'} {fields['ms']} ms"]
    parts += [f"{name}={spent}" for name, spent in fields.get("steps_ms", {}).items()]
    for name, value in fields.items():
        if name not in ("status", "method", "route", "ms", "steps_ms", "traceback"):
            parts.append(f"{name}={_short(value)}")
    return on_one_line(" ".join(parts))


def _short(value: object) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}:{count}" for name, count in value.items())
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _utc(seconds: float) -> str:
    """RFC 3339 with milliseconds."""
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


_last_second = (0, "")


def _second(whole: int) -> str:
    """The text of a second: most lines come in the same one as the line before."""
    global _last_second  # noqa: PLW0603 -- a pair, put in place at once
    known, text = _last_second
    if known != whole:
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
        _last_second = whole, text
    return text


def _put_handler(logger: logging.Logger, handler: Handler) -> None:
    """Put our handler in the place of an earlier one of ours; those of others stay."""
    for other in list(logger.handlers):
        if isinstance(other, Handler):
            logger.removeHandler(other)
    logger.addHandler(handler)
