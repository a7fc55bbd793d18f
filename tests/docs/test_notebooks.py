"""The notebooks of the docs run as they stand there, and keep the outputs of such a run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
RUN = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from scripts.make_notebook import run_notebook
print(json.dumps(run_notebook(Path(sys.argv[1]), sys.argv[2])["cells"]))
"""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_prints_what_it_shows(path, sample_server):
    run = subprocess.run([sys.executable, "-c", RUN, path, sample_server, ROOT], capture_output=True, text=True,
                         timeout=110, check=False)  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    found, kept = json.loads(run.stdout), json.loads(path.read_text())["cells"]
    for cell, shown in zip(found, kept, strict=True):
        assert kinds(cell) == kinds(shown)
        assert printed(cell) == printed(shown)


def kinds(cell: dict) -> list[str]:
    return [output["output_type"] for output in cell.get("outputs", [])]


def printed(cell: dict) -> list[str]:
    """What a cell prints, but for ids of searches, which name the server's own address."""
    lines = ["".join(output["text"]) for output in cell.get("outputs", []) if output["output_type"] == "stream"]
    return [line for text in lines for line in text.splitlines() if "search" not in line and "scenes" not in line]
