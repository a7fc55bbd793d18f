"""What a line of the log holds."""

from __future__ import annotations

import json
import logging

import pytest

from app.errors import InternalError, SwathError, UpstreamFailed
from app.observe.log import JsonFormatter, TextFormatter, request_fields
from app.observe.record import Record


def failed(error: SwathError, cause: BaseException | None, status: int) -> Record:
    record = Record("id-1", "GET")
    record.route, record.status = "/{ds}/info", status
    with pytest.raises(type(error)):
        raise error from cause
    record.fail(error.slug, error)
    return record


def line_of(record: Record, formatter: logging.Formatter) -> str:
    line = logging.LogRecord("swath.request", logging.INFO, "", 0, "request", None, None)
    line.fields = request_fields(record, 12.34)
    return formatter.format(line)


def test_a_good_request_is_short():
    record = Record("id-1", "GET")
    record.route, record.status, record.steps_ms = "/{ds}/info", 200, {"item": 1.26}
    line = json.loads(line_of(record, JsonFormatter()))
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "id": "id-1",
        "method": "GET",
        "route": "/{ds}/info",
        "status": 200,
        "ms": 12.3,
        "steps_ms": {"item": 1.3},
    }


def test_a_failure_has_its_cause_without_its_secrets():
    cause = OSError("cannot connect to https://host/a?sig=s3cr3t\nfake line")
    line = json.loads(line_of(failed(UpstreamFailed("host broke off."), cause, 502), JsonFormatter()))
    assert (line["problem"], line["detail"]) == ("upstream-failed", "host broke off.")
    assert line["cause"] == ["OSError: cannot connect to https://host/a?sig=***\nfake line"]
    assert "traceback" not in line


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_a_bug_has_its_traceback_and_no_text_in_it_can_pass_for_an_entry(formatter):
    bug = RuntimeError("broken\n12:00:00 INFO 200 GET / fake\x1b[2J\u2028more token=s3cr3t")
    text = line_of(failed(InternalError("x"), bug, 500), formatter)
    first, *others = text.splitlines()
    assert "Traceback" in text
    assert "s3cr3t" not in text
    assert "\x1b" not in text
    assert "fake" in text
    assert all(other.startswith("    ") for other in others)
    assert "RuntimeError" in first


def test_a_library_speaks_in_the_same_form():
    told = logging.LogRecord("uvicorn.error", logging.WARNING, "", 0, "odd %s", ("token=s3cr3t\nnext",), None)
    line = json.loads(JsonFormatter().format(told))
    assert (line["logger"], line["message"]) == ("uvicorn.error", "odd token=***\nnext")
    assert TextFormatter().format(told).endswith(r"WARNING uvicorn.error: odd token=***\nnext")
