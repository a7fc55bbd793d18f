"""The commands of docs/animation.md are run, and their answers are what the page says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.api.routers.animations import FORMATS, SIZE
from app.encode.film.stamp import letter_size
from app.settings import Settings
from tests.docs.commands import DOCS, run_commands

PAGE = (DOCS / "animation.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def answers(sample_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands write."""
    return run_commands("animation.md", sample_server, tmp_path_factory.mktemp("animation"))


def test_a_year_of_fields_has_a_frame_for_each_scene(answers):
    with Image.open(answers / "ndvi.gif") as image:
        assert max(image.size) == SIZE
        assert image.n_frames >= 20


def test_a_year_has_twelve_months_and_no_clouds(answers):
    with Image.open(answers / "months.webp") as image:
        assert (image.size, image.n_frames) == ((320, 280), 12)
        for number in range(12):
            image.seek(number)
            image.load()
            assert image.info["duration"] == 250
            red, _, blue, _ = np.array(image.convert("RGBA"))[:200].reshape(-1, 4).T.astype(int)
            assert ((red > 200) & (blue > 200)).mean() < 0.02


def test_a_field_is_cut_out_of_each_frame(answers):
    with Image.open(answers / "field.png") as image:
        assert image.n_frames >= 4
        for number in range(image.n_frames):
            image.seek(number)
            alpha = np.array(image.convert("RGBA"))[..., 3]
            assert set(np.unique(alpha)) == {0, 255}


def test_the_page_tells_the_formats_and_the_defaults():
    for spelling, format in FORMATS.items():
        [row] = [line for line in PAGE.splitlines() if line.startswith("| ") and f"`{spelling}`" in line.split("|")[1]]
        assert f"`{format.media_type}`" in row
    settings = Settings()
    assert f"at most {settings.animation_frames_max} frames (`SWATH_ANIMATION_FRAMES_MAX`)" in PAGE
    assert f"{settings.animation_pixels_max / 1e6:g} million pixels" in PAGE
    assert letter_size((64, 20), "2019-06-12") == 10
