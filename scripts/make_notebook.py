"""Run the notebooks of the docs, cell by cell, and keep what they print and draw: ``make_notebook.py BASE``.

BASE is a running ``swath serve --sample``. The cells are plain Python, so that nothing of Jupyter is needed.
"""

from __future__ import annotations

import base64
import io
import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt

NOTEBOOKS = Path(__file__).parents[1] / "docs" / "notebooks"
DPI = 72


def run_notebook(path: Path, base: str) -> dict[str, Any]:
    """Run every cell; gives the notebook with the outputs of this run.

    Raises:
        Exception: Whatever a cell raises.
    """
    os.environ["SWATH"] = base
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    names: dict[str, Any] = {"__name__": "__main__"}
    for number, cell in enumerate((cell for cell in notebook["cells"] if cell["cell_type"] == "code"), 1):
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile("".join(cell["source"]), f"{path.name}, cell {number}", "exec"), names)  # noqa: S102 -- our own
        cell["execution_count"] = number
        cell["outputs"] = [*_text(printed.getvalue().replace(base, "http://127.0.0.1:8000")), *_figures()]
    return notebook


def _text(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}] if text else []


def _figures() -> list[dict[str, Any]]:
    outputs = []
    for number in plt.get_fignums():
        body = io.BytesIO()
        plt.figure(number).savefig(body, format="png", dpi=DPI, bbox_inches="tight")
        data = {"image/png": base64.b64encode(body.getvalue()).decode(), "text/plain": ["<Figure>"]}
        outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    plt.close("all")
    return outputs


def main(base: str) -> None:
    """Rewrite all notebooks."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        path.write_text(json.dumps(run_notebook(path, base), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
