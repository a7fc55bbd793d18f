"""The commands of docs/masks.md are run, and their answers are what the page says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.docs.commands import run_commands


@pytest.fixture(scope="module")
def answers(sample_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands write."""
    return run_commands("masks.md", sample_server, tmp_path_factory.mktemp("masks"))


def test_clouds_and_shadows_are_holes(answers):
    opacity = np.asarray(Image.open(answers / "clear.png"))[..., 3]
    assert 0.2 < (opacity == 0).mean() < 0.8


def test_fields_are_green(answers):
    [ndvi] = json.loads((answers / "fields.json").read_text()).values()
    assert 0.3 < ndvi["mean"] < 1
    assert ndvi["valid_percent"] < 80
