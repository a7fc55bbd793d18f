"""Where and on what something was measured: a figure without this is none."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.peer import versions
from benchmarks.place import ROOT
from benchmarks.servers import SWATH, TITILER, Bench

OURS = ("swath", "rio-tiler", "rasterio", "uvicorn", "numpy", "fastapi")


def circumstances(bench: Bench) -> dict[str, Any]:
    """Date, commit, machine, versions and the scene."""
    peer = {TITILER: versions(bench.peer)} if bench.peer else {}
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%MZ}",
        "commit": _git("rev-parse", "--short=12", "HEAD"),
        "changed": bool(_git("status", "--porcelain", "app", "requirements.lock")),
        "machine": {
            "cpu": _line("/proc/cpuinfo", "model name"),
            "cores": os.cpu_count(),
            "memory": _line("/proc/meminfo", "MemTotal"),
            "system": platform.platform(),
            "load": [round(value, 1) for value in os.getloadavg()],
        },
        "versions": {SWATH: versions(Path(sys.executable), OURS), **peer},
        "scene_mb": {path.stem: round(path.stat().st_size / 1e6, 1) for path in sorted(bench.folder.glob("*.tif"))},
    }


def _git(*words: str) -> str:
    run = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout.strip()


def _line(path: str, name: str) -> str:
    lines = Path(path).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
