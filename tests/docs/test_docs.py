"""The docs say what is true of the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
CODE = "\n".join(path.read_text() for path in (ROOT / "app").rglob("*.py"))


def test_generated_pages_are_current():
    command = [sys.executable, "scripts/make_docs.py", "--check"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_every_room_of_the_app_is_in_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = [path for path in (ROOT / "app").iterdir() if path.name not in ("__init__.py", "__pycache__", "py.typed")]
    missing = [path.name for path in rooms if f"`{path.name}{'/' if path.is_dir() else ''}`" not in text]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        assert target.startswith("http") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_has_the_marks_of_a_merge(page):
    assert not re.search(r"^(<{7}|>{7}|={7}$)", page.read_text(), re.MULTILINE)


def test_settings_named_in_the_docs_exist():
    from app.settings import Settings

    known = {f"SWATH_{name.upper()}" for name in Settings.model_fields} | {"SWATH_CONFIG"}
    named = {name for page in PAGES for name in re.findall(r"SWATH_[A-Z_]+[A-Z]", page.read_text())}
    assert named <= known


def test_settings_named_in_messages_exist():
    """A refusal names the setting that changes it."""
    from app.settings import Settings

    known = {f"SWATH_{name.upper()}" for name in Settings.model_fields} | {"SWATH_CONFIG"}
    named = set(re.findall(r"SWATH_[A-Z]+(?:_[A-Z]+)+", CODE))
    assert named <= known
