"""The container: its two files are linted in every run; the image is built and run where there is root and buildah."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import container_test

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the two files, which the linters are pointed at."""
    for name in ("Dockerfile", "docker-compose.yml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    monkeypatch.setattr(container_test, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("project")
def test_the_dockerfile_and_the_compose_file_pass_their_linters() -> None:
    container_test.lint()


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("Dockerfile", "ENTRYPOINT [", "ENTRYPOINT swath ["),
        ("Dockerfile", "USER 10001:10001", "USER root"),
        ("docker-compose.yml", "read_only: true", "readonly: true"),
        ("docker-compose.yml", "    ports:\n      - ", "    ports: "),
    ],
)
def test_the_linters_see_a_planted_fault(project: Path, name: str, good: str, bad: str) -> None:
    path = project / name
    assert good in path.read_text()
    path.write_text(path.read_text().replace(good, bad))
    with pytest.raises(subprocess.CalledProcessError):
        container_test.lint()


def test_the_image_is_hardened_as_the_compose_file_promises() -> None:
    """Not the image's business alone: no privileges, nothing writable but its cache and /tmp, loopback only."""
    compose = (ROOT / "docker-compose.yml").read_text()
    for line in (
        "stop_grace_period: 25s",
        "read_only: true",
        "- ALL",
        "- no-new-privileges:true",
        '"127.0.0.1:${PORT:-8000}:8000"',
        "--sample",
    ):
        assert line in compose


def test_it_says_why_it_cannot_build_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_test.platform, "system", lambda: "Linux")
    monkeypatch.setattr(container_test.shutil, "which", lambda _: None)
    assert container_test.why_not() == "buildah and debootstrap not found. Type: sudo apt install buildah debootstrap"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_image_builds_runs_and_draws_a_picture() -> None:
    """Takes 2 to 3 minutes: debootstrap, pip, the sample catalogue."""
    if reason := container_test.why_not():
        pytest.skip(reason)
    script = [sys.executable, ROOT / "scripts" / "container_test.py"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "container: passed" in done.stdout
