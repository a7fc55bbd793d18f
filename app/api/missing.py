"""A name in a path, and not in a query, is that of a resource: what is not there is not found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from app.errors import BadRequest, NotFound

T = TypeVar("T")


def of_path(find: Callable[[str], T], name: str) -> T:
    """Find what a path names.

    Raises:
        NotFound: In the words of ``find``, for which it is a bad parameter.
    """
    try:
        return find(name)
    except BadRequest as error:
        raise NotFound(error.detail) from error
