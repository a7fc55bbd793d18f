"""rio-color, where it can be installed, gives what color-operations gives, to the last bit."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

COMPARE = """
import sys
import numpy as np
from color_operations import parse_operations as ours
from rio_color.operations import parse_operations as theirs
from app.style import formula

assert formula.parse_operations is theirs, "rio-color is not used although it is there"
chance = np.random.default_rng(7)
pixels = chance.random((3, 40, 50))
pixels[:, :2] = [[[0.0]], [[0.5]], [[1.0]]]  # ends of the range, and grey
for _ in range(100):
    text = (f"gamma {chance.choice(['r', 'rg', 'rgb'])} {chance.uniform(0.2, 5):.3f} "
            f"saturation {chance.uniform(0, 3):.3f} "
            f"sigmoidal rgb {chance.uniform(1, 20):.3f} {chance.uniform(0.05, 0.95):.3f}")
    results = []
    for parse in (ours, theirs):
        data = pixels.copy()
        for operation in parse(text):
            data = operation(data)
        results.append(data)
    assert np.array_equal(*results), text
print("equal")
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """Where rio-color is, if not beside the other packages; it is source only, so it may have to be built."""
    if importlib.util.find_spec("rio_color"):
        return None
    folder = tmp_path_factory.mktemp("rio-color")
    install = [sys.executable, "-m", "pip"] if importlib.util.find_spec("pip") else ["python3", "-m", "pip"]
    run = subprocess.run(
        [*install, "install", "--quiet", "--no-deps", "--target", str(folder), "rio-color==2.0.1"],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if run.returncode:
        pytest.skip(f"rio-color cannot be built here: {run.stderr.strip()[-200:]}")
    return folder


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info >= (3, 13), reason="rio-color does not exist for this Python")
def test_rio_color_is_used_when_it_is_there_and_equals_color_operations(place):
    path = {"PYTHONPATH": str(place)} if place else {}
    run = subprocess.run(
        [sys.executable, "-c", COMPARE], cwd=ROOT, env=path, check=False, capture_output=True, text=True, timeout=120
    )
    assert run.stdout.strip() == "equal", run.stderr
