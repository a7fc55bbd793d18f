"""What many tests share: one server with the sample catalogue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.sample.catalogue import SampleCatalogue
from app.settings import Settings
from tests.serving import serving


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--bless`` accepts the pictures that tests/golden draws."""
    parser.addoption("--bless", action="store_true", help="accept the pictures as drawn")


@pytest.fixture(scope="session")
def sample_server() -> Iterator[str]:
    """Base URL of a server with the sample catalogue, which is generated once into the user's cache folder."""
    settings = Settings(sample=True)
    SampleCatalogue.from_settings(settings).ensure()
    with serving(settings) as base:
        yield base
