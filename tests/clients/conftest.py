"""An environment for clients that bring hundreds of packages, made once and kept in the cache folder."""

from __future__ import annotations

import hashlib
import subprocess
import venv
from pathlib import Path

import pytest

from benchmarks.place import cache_folder

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
INSTALL_S = 600


@pytest.fixture(scope="session")
def clients_python() -> Path:
    """Interpreter that has leafmap and ipyleaflet."""
    name = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = cache_folder() / f"clients-{name}"
    if not (folder / "complete").exists():
        venv.create(folder, clear=True, with_pip=True)
        command = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--only-binary=:all:", "-r", REQUIREMENTS]
        run = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, check=False)
        assert run.returncode == 0, f"leafmap cannot be installed here: {run.stderr[-400:]}"
        (folder / "complete").touch()
    return folder / "bin" / "python"
