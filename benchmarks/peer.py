"""TiTiler in an environment of its own, so that neither server's packages decide the other's."""

from __future__ import annotations

import json
import os
import subprocess
import venv
from pathlib import Path

from benchmarks.place import BenchError, cache_folder

VARIABLE = "SWATH_BENCH_PEER"
REQUIREMENTS = Path(__file__).parent / "requirements-peer.txt"
PACKAGES = ("titiler.application", "rio-tiler", "rasterio", "uvicorn", "numpy", "fastapi")
INSTALL_S = 600


def find_peer() -> Path | None:
    """The interpreter that has TiTiler: named by ``SWATH_BENCH_PEER``, or installed in the cache folder."""
    named = os.environ.get(VARIABLE)
    python = Path(named) if named else cache_folder() / "peer" / "bin" / "python"
    if named and not python.is_file():
        raise BenchError(f"{VARIABLE}={named} is not a python interpreter")
    return python if python.is_file() else None


def install_peer() -> Path:
    """Make the environment in the cache folder, with pinned versions."""
    folder = cache_folder() / "peer"
    draft = folder.with_name(".peer")
    venv.create(draft, clear=True, with_pip=True)
    command = [
        str(draft / "bin/python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--only-binary=:all:",
        "-r",
        str(REQUIREMENTS),
    ]
    try:
        subprocess.run(command, check=True, timeout=INSTALL_S, capture_output=True, text=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as err:
        raise BenchError(f"TiTiler cannot be installed here: {str(err.stderr or err)[-400:]}") from err
    # A virtual environment does not move well, but its interpreter does, and only that is used.
    if folder.exists():
        folder.rename(cache_folder() / f".peer-old-{os.getpid()}")
    draft.rename(folder)
    return folder / "bin" / "python"


def versions(python: Path, packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Versions of what matters, and of GDAL inside rasterio, in another interpreter."""
    code = (
        "import json, sys, platform, rasterio; from importlib.metadata import version; "
        "print(json.dumps({'python': platform.python_version(), 'gdal': rasterio.__gdal_version__, "
        "**{name: version(name) for name in sys.argv[1:]}}))"
    )
    run = subprocess.run([str(python), "-c", code, *packages], check=True, capture_output=True, text=True, timeout=60)
    found: dict[str, str] = json.loads(run.stdout)
    return found
