"""What is wrong with a member of a search, shown as it was written: in JSON."""

from __future__ import annotations

import json

from app.errors import BadRequest


def fault(name: str, value: object, message: str) -> BadRequest:
    """Make the error of one member; ``message`` says what is accepted, with an example."""
    return BadRequest.of(name, value if isinstance(value, str) else _written(value), message)


def _written(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # read just below the interpreter's limit
        return "…"
