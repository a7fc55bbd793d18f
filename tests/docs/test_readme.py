"""Everything that the README says is done."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LOCAL = "http://127.0.0.1:8000"


def blocks(language: str) -> list[str]:
    """Contents of the fenced blocks of a language."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [content for name, content in fenced if name == language]


def commands() -> list[str]:
    """Every command of the shell blocks, on one line each, without its comment."""
    joined = "".join(blocks("sh")).replace("\\\n", " ")
    return [re.sub(r"\s+#.*", "", line) for line in joined.splitlines() if line.strip()]


def test_it_is_one_screen():
    assert len(README.splitlines()) <= 60


def test_its_make_commands_exist():
    made = [command for command in commands() if command.startswith("make")]
    assert made == ["make serve", "make test"]
    for command in made:
        subprocess.run([*command.split(), "--dry-run"], cwd=ROOT, capture_output=True, check=True)


def test_its_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_its_tile_url_is_a_picture(sample_server):
    """Filled as a map client fills it."""
    [template] = [block.strip() for block in blocks("") if "{z}" in block]
    url = template.replace(LOCAL, sample_server).format(z=12, x=2398, y=1696)
    answer = requests.get(url, timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert Image.open(BytesIO(answer.content)).size == (256, 256)


def test_its_notebook_lines_are_the_endpoints(sample_server):
    values: dict[str, str] = {}
    exec(blocks("python")[0].replace(LOCAL, sample_server), values)
    assert requests.get(values["titiler_endpoint"] + "/livez", timeout=30).ok
    assert requests.post(values["stac_endpoint"], json={"limit": 1}, timeout=30).json()["context"]["returned"] == 1


@pytest.fixture(scope="module")
def downloads(sample_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run its curl commands as they stand, but for the port."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; type: apt install curl")
    folder = tmp_path_factory.mktemp("readme")
    for command in commands():
        if command.startswith("curl"):
            words = [word.replace(LOCAL, sample_server) for word in shlex.split(command)]
            subprocess.run([*words, "--fail", "--silent"], cwd=folder, check=True, timeout=60)
    return folder


def test_its_array_is_ndvi_with_a_mask(downloads):
    data = np.load(downloads / "ndvi.npy")
    assert data.shape == (2, 64, 64)
    assert -1 <= data[0].min() < data[0].max() <= 1


def test_its_picture_is_drawn(downloads):
    drawn = np.asarray(Image.open(downloads / "sample.png").convert("RGB"))
    assert drawn.shape == (667, 1000, 3)
    assert drawn.std(axis=(0, 1)).min() > 20, "one colour is no picture"
