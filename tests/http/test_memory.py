"""When memory runs short the server keeps nothing, then refuses, and says that it is not ready."""

from __future__ import annotations

import time
from urllib.parse import quote

import requests

from app.observe.memory import resident_bytes
from app.settings import Settings
from tests.problems import problem_of
from tests.serving import serving

MIB = 2**20


def test_a_server_without_memory_refuses_pictures_and_is_not_ready_but_lives(sample_server):
    """The limit is set below what this process uses already, so it is passed from the start."""
    settings = Settings(sample=True, workers=1, memory_max_mb=resident_bytes() / MIB / 2)
    with serving(settings) as base:
        item = requests.get(f"{base}/v0/collections", timeout=10).json()["collections"][0]["id"]
        scene = requests.get(f"{base}/v0/search?limit=1", timeout=10).json()["features"][0]
        url = quote(f"{base}/v0/collections/{item}/items/{scene['id']}", safe="")
        time.sleep(1.5)
        refused = requests.get(f"{base}/stac/preview.png?url={url}&assets=visual", timeout=10)
        assert refused.status_code == 503
        assert "no memory left" in problem_of(refused)["detail"]
        assert refused.headers["Retry-After"] == "1"
        assert requests.get(f"{base}/readyz", timeout=10).status_code == 503
        assert requests.get(f"{base}/livez", timeout=10).ok
