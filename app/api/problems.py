"""Errors as ``application/problem+json`` (RFC 9457): one shape for all of them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from app.errors import (
    BadRequest,
    InternalError,
    InvalidExpression,
    InvalidType,
    MethodNotAllowed,
    NotFound,
    ParameterFault,
    SwathError,
    Unauthorized,
    shorten,
)
from app.observe.record import current_record

MEDIA_TYPE = "application/problem+json"


def install_problems(app: FastAPI) -> None:
    """Answer every exception with a problem."""
    app.add_exception_handler(SwathError, _answer_error)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)
    app.add_exception_handler(Exception, _answer_bug)


async def _answer_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SwathError)
    return problem(error, request.state.request_id)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_allowed(request)) or "GET"
        refusal = MethodNotAllowed(f"{shorten(request.method, 20)} is not answered here; use {allowed}.")
        response = problem(refusal, request.state.request_id)
        response.headers["Allow"] = allowed  # RFC 9110, 15.5.6
        return response
    if error.status_code != HTTPStatus.NOT_FOUND:
        return problem(
            BadRequest(f"The request cannot be read: {shorten(str(error.detail))}."), request.state.request_id
        )
    told = NotFound(f"There is no {shorten(request.url.path)!r} here; /docs lists the routes.")
    return problem(told, request.state.request_id)


def _allowed(request: Request) -> list[str]:
    """Methods of all routes of this path: Starlette's answer names those of the first one only."""
    routes = [each for each in request.app.router.routes if each.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for each in routes for method in getattr(each, "methods", None) or ()})


async def _answer_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [ParameterFault(name=str(fault["loc"][-1]), message=str(fault["msg"])) for fault in error.errors()]
    told = "; ".join(f"{fault.name}: {fault.message}" for fault in faults[:3])
    return problem(InvalidType(told, faults=faults), request.state.request_id)


async def _answer_nobody(_request: Request, _error: Exception) -> Response:
    """The caller left while his body was read; the answer goes nowhere, its status to the log."""
    return Response(status_code=499)


async def _answer_bug(request: Request, error: Exception) -> Response:
    told = f"Something broke here, and it is not your fault. Tell us the request id {request.state.request_id}."
    answered = InternalError(told)
    answered.__cause__ = error
    return problem(answered, request.state.request_id)


def problem(error: SwathError, request_id: str, *, cache_control: str = "no-store") -> Response:
    """Make the answer of an error; only a tile outside the data may be kept by caches."""
    if (record := current_record()) is not None:
        record.fail(error.slug, error)
    headers = {"Cache-Control": cache_control}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"  # RFC 9110, 15.5.2
    return JSONResponse(_body(error, request_id), error.status, headers, MEDIA_TYPE)


def _body(error: SwathError, request_id: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": error.slug,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": request_id,
        "errors": [_fault(fault) for fault in error.faults],
    }
    extras = {
        "retry_after": error.retry_after_s,
        "upstream_status": error.upstream_status,
        "position": error.position if isinstance(error, InvalidExpression) else None,
    }
    return body | {name: value for name, value in extras.items() if value is not None}


def _fault(fault: ParameterFault) -> dict[str, str]:
    described = {"name": fault.name, "message": fault.message}
    return described if fault.value is None else described | {"value": fault.value}
