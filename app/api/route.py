"""How a request reaches its endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.routing import request_response


class PlainRoute(APIRoute):
    """Calls its endpoint with the request and the words of the path, as the path's convertors made them.

    FastAPI describes such a route for OpenAPI like any other, but does not solve dependencies, of which there are
    none, and validates nothing: ``app.api.query`` reads the parameters. That is two thirds of the cost of routing.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)

        async def answer(request: Request) -> Response:
            response: Response = await endpoint(request, **request.path_params)
            return response

        self.app = request_response(answer)
