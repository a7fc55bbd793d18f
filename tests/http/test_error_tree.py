"""Every class of the error tree leaves in the one shape, and with no word of anybody else."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from fastapi import FastAPI, Request
from fastapi.responses import Response

from app import errors
from app.api.middleware import Door
from app.main import create_app
from app.settings import Settings
from tests.problems import MEDIA_TYPE, problem_of
from tests.serving import serving

FOREIGN = "CPLE_OpenFailedError: /srv/private/key.tif token=s3cr3t"


def tree(kind: type[errors.SwathError] = errors.SwathError) -> Iterator[type[errors.SwathError]]:
    for child in kind.__subclasses__():
        yield child
        yield from tree(child)


KINDS = {kind.__name__: kind for kind in tree() if kind.__module__ == "app.errors"}


def make(kind: type[errors.SwathError]) -> errors.SwathError:
    words = "This is what is wrong, and this is what helps."
    try:
        return kind(words)
    except TypeError:
        return kind(words, retry_after_s=2)  # type: ignore[call-arg]  # the classes that cannot be without


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """A real server with one more route, which raises what its path says."""
    settings = Settings()
    door = create_app(settings)
    assert isinstance(door, Door)
    api = door._app
    assert isinstance(api, FastAPI)

    @api.get("/raise/{name}")
    async def fail(request: Request, name: str) -> Response:
        foreign = RuntimeError(FOREIGN)
        if name not in KINDS:
            raise foreign
        raise make(KINDS[name]) from foreign

    with serving(settings, door) as base:
        yield base


@pytest.mark.parametrize("name", KINDS)
def test_every_error_has_the_one_shape(base, name):
    kind = KINDS[name]
    response = requests.get(f"{base}/raise/{name}", timeout=10)
    body = problem_of(response)
    assert (body["type"], body["status"], body["title"]) == (kind.slug, kind.status, kind.title)
    assert "s3cr3t" not in response.text


@pytest.mark.parametrize("name", KINDS)
def test_head_has_the_same_headers_and_no_body(base, name):
    response = requests.head(f"{base}/raise/{name}", timeout=10)
    assert (response.status_code, response.content) == (KINDS[name].status, b"")
    assert response.headers["Content-Type"] == MEDIA_TYPE
    assert response.headers["X-Request-Id"]


def test_a_bug_tells_its_id_and_nothing_else(base, caplog):
    """The traceback is in the log, under that id."""
    with caplog.at_level(logging.INFO, "swath.request"):
        response = requests.get(f"{base}/raise/bug", headers={"X-Request-Id": "mine-1"}, timeout=10)
        line = wait_for_line(caplog, "mine-1")
    body = problem_of(response)
    assert (body["type"], body["status"], body["errors"]) == ("internal-error", 500, [])
    assert body["detail"].endswith("Tell us the request id mine-1.")
    assert "s3cr3t" not in response.text
    assert "private" not in response.text
    assert line.levelno == logging.ERROR
    assert "CPLE_OpenFailedError" in line.fields["traceback"]
    assert "s3cr3t" not in line.fields["traceback"]


def wait_for_line(caplog: pytest.LogCaptureFixture, request_id: str) -> Any:
    """The line of a request is written behind its answer."""
    for _ in range(100):
        for line in caplog.records:
            if getattr(line, "fields", {}).get("id") == request_id:
                return line
        time.sleep(0.05)
    raise AssertionError(caplog.text)


@pytest.mark.parametrize("path", ["/nowhere", "/stac/nowhere", "/cog/tiles/1/2"])
def test_an_unknown_route_is_not_found(base, path):
    assert problem_of(requests.get(base + path, timeout=10))["type"] == "not-found"


def test_all_methods_of_a_path_are_allowed(base):
    """Routes of one method each share it."""
    response = requests.put(f"{base}/stac/statistics", timeout=10)
    assert response.headers["Allow"] == "GET, POST"
    assert "use GET, POST" in problem_of(response)["detail"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_another_method_is_refused(base, method):
    response = requests.request(method, f"{base}/cog/info", timeout=10)
    assert problem_of(response)["type"] == "method-not-allowed"
    assert "GET" in response.headers["Allow"]
