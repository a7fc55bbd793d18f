"""The browser libraries in the repository are what their packages give, built anew."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "app" / "viewer" / "vendor"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm. Type: apt-get install -y npm")
def test_the_vendored_libraries_are_what_a_new_build_gives() -> None:
    built = runpy.run_path(str(ROOT / "scripts" / "vendor"))["build"]()
    there = {path.relative_to(VENDOR).as_posix(): path.read_bytes() for path in VENDOR.rglob("*") if path.is_file()}
    assert built == there
