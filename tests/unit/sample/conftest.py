"""A tiny sample catalogue for most tests, and one scene in full size for the tests that look at files."""

from __future__ import annotations

import pytest

from app.sample.catalogue import SampleCatalogue
from app.sample.recipe import Recipe, Scene, scenes_2019


def scene_of(day: str) -> Scene:
    """The scene of one day of 2019, such as ``12-05``."""
    return next(scene for scene in scenes_2019() if f"{scene.day:%m-%d}" == day)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> SampleCatalogue:
    """All 24 scenes, 64 pixels wide (200 m each)."""
    catalogue = SampleCatalogue(tmp_path_factory.mktemp("tiny"), Recipe(size=64))
    catalogue.ensure()
    return catalogue


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> SampleCatalogue:
    """One clear and one cloudy scene as people get them: 10 m pixels."""
    recipe = Recipe(scenes=(scene_of("11-05"), scene_of("12-05")))
    catalogue = SampleCatalogue(tmp_path_factory.mktemp("full"), recipe)
    catalogue.ensure()
    return catalogue
