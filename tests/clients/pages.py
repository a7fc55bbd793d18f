"""Run the Python of a page of docs/clients as it stands, but for the address of the server."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

PAGES = Path(__file__).parents[2] / "docs" / "clients"
LOCAL = "http://127.0.0.1:8000"


def code_of(page: str) -> list[str]:
    """The Python blocks of a page."""
    return re.findall(r"```python\n(.*?)```", (PAGES / f"{page}.md").read_text(encoding="utf-8"), re.DOTALL)


def run_page(python: str | Path, page: str, base: str, told: str, folder: Path) -> dict[str, Any]:
    """Run all blocks of a page in a process of its own.

    Args:
        python: Interpreter that has the client.
        base: Address of the server.
        told: Expression of names of the page: what is given back, as JSON.
        folder: Where it runs.
    """
    script = "\n".join(code_of(page)).replace(LOCAL, base)
    script += f"\nimport json as _json\nprint(_json.dumps({told}, default=str))\n"
    # As a person has it: without the settings of the tests' process, in which GDAL may open nothing by itself.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GDAL_", "CPL_"))}
    command = [str(python), "-W", "ignore", "-c", script]
    run = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=env, timeout=110, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found
