"""The door: query strings become requests, results become responses. Only this room knows FastAPI."""
