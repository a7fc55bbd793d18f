"""What `make` does before there is an environment: find a Python, prepare .venv once, and explain what is missing."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from scripts import bootstrap
from scripts.bootstrap import SetupError, Venv

ROOT = Path(__file__).resolve().parents[2]
VERSION = "{}.{}".format(*sys.version_info)
TARGETS = ["serve", "test", "check", "setup", "bench", "bless", "lock", "container", "clean"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that was never set up, in a folder with a space in its name."""
    root = tmp_path / "my maps"
    root.mkdir()
    shutil.copytree(ROOT / "scripts", root / "scripts")
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, root)
    return root


@pytest.fixture
def venv(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Venv:
    """The environment of that checkout; what would be installed is only noted as one file."""
    venv = Venv(checkout)
    monkeypatch.setattr(bootstrap, "fill", lambda venv, _lock, _swath: (venv.path / "bin" / "swath").touch())
    return venv


def programs(folder: Path, **scripts: str) -> dict[str, str]:
    """Environment whose PATH has the few tools of a bare system and these scripts."""
    folder.mkdir()
    for tool in ("sh", "make", "awk", "dirname", "id"):
        (folder / tool).symlink_to(shutil.which(tool) or pytest.fail(f"{tool} not found"))
    for name, body in scripts.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
    return {"PATH": str(folder)}


def make(root: Path, *words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", *words], cwd=root, env=env or inherited, capture_output=True, text=True, check=False)


# Commands


def test_make_alone_lists_every_command_with_one_line(checkout: Path) -> None:
    listed = dict(line.split(None, 2)[1:] for line in make(checkout).stdout.splitlines())
    assert [name for name in TARGETS if not listed.get(name)] == []


def make_e2e(checkout: Path, tmp_path: Path, **installed: str) -> subprocess.CompletedProcess[str]:
    """The tests of the page where nothing can be installed; its Python only says that it was started."""
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho the tests run\n")
    python.chmod(0o755)
    env = programs(tmp_path / "bin", apt_get="echo no network >&2; exit 100", **installed)
    return make(checkout, "--old-file=setup", "--old-file=leafmap", "e2e", env=env)


@pytest.mark.parametrize("name", ["chromium", "chromium_browser", "google_chrome"])
def test_the_tests_of_the_page_run_without_r(checkout: Path, tmp_path: Path, name: str) -> None:
    done = make_e2e(checkout, tmp_path, **{name: "exit 0"})
    assert (done.returncode, "the tests run" in done.stdout, "No R;" in done.stderr) == (0, True, True)


def test_the_tests_of_the_page_do_not_pass_without_a_browser(checkout: Path, tmp_path: Path) -> None:
    done = make_e2e(checkout, tmp_path, Rscript="exit 0")
    assert done.returncode != 0
    assert "no network" in done.stderr
    assert "the tests run" not in done.stdout


# The Python


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt_get", "apt install python3.11 python3.11-venv"),
        ("dnf", "dnf install python3.13"),
        ("brew", "brew install python@3.13"),
    ],
)
def test_an_old_python_is_named_with_the_command_of_this_system(
    checkout: Path, tmp_path: Path, manager: str, command: str
) -> None:
    """macOS's own python3 is 3.9."""
    env = programs(tmp_path / "bin", **{manager: "exit 0"}, python3='[ "$1" = --version ] && echo Python 3.9.6')
    done = make(checkout, "serve", env=env)
    assert done.returncode != 0
    cause, remedy, *_ = done.stderr.splitlines()
    assert cause == "Swath needs Python 3.11 or newer; python3 here is Python 3.9.6."
    assert remedy.removeprefix("Type: ").removeprefix("sudo ") == command


def test_without_any_python_debian_is_told_its_default(checkout: Path, tmp_path: Path) -> None:
    done = make(checkout, "test", env=programs(tmp_path / "bin", apt_get="exit 0"))
    assert "Swath needs Python 3.11 or newer.\n" in done.stderr
    assert "apt install python3 python3-venv\n" in done.stderr


def test_an_unknown_system_is_told_all_three(checkout: Path, tmp_path: Path) -> None:
    done = make(checkout, "setup", env=programs(tmp_path / "bin"))
    assert [word for word in ("apt", "dnf", "brew") if word not in done.stderr] == []


def test_a_newer_python_under_its_full_name_is_found_beside_an_old_one(checkout: Path, tmp_path: Path) -> None:
    env = programs(tmp_path / "bin", python3="exit 1", python3_12="exit 1")
    found = tmp_path / "bin" / "python3.12"
    found.write_text('#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "found $*"\n')
    found.chmod(0o755)
    assert make(checkout, "runtime", env=env).stdout == "found -I scripts/bootstrap.py runtime\n"


# The environment


def test_a_second_start_finds_the_environment_ready_at_once(venv: Venv) -> None:
    """Measured here: 0.07 s; the bound leaves room for a busy machine."""
    bootstrap.prepare(venv, "runtime")
    start = time.perf_counter()
    done = make(venv.root, "runtime")
    assert time.perf_counter() - start < 1
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_half_made_environment_is_made_anew(venv: Venv) -> None:
    """Killed in the middle: files are there, the stamp is not."""
    left_over = venv.path / "lib" / "half.py"
    left_over.parent.mkdir(parents=True)
    left_over.touch()
    bootstrap.prepare(venv, "dev")
    assert not left_over.exists()
    assert venv.is_fresh("dev", VERSION)


def test_a_failed_installation_leaves_no_stamp(venv: Venv, monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap.prepare(venv, "runtime")

    def fail(*_: object) -> None:
        raise SetupError("the disk is full.", "df -h .")

    monkeypatch.setattr(bootstrap, "fill", fail)
    with pytest.raises(SetupError):
        bootstrap.prepare(venv, "dev")
    assert venv.stamps() == {}


def test_other_packages_are_installed_over_what_is_there(venv: Venv) -> None:
    bootstrap.prepare(venv, "runtime")
    kept = venv.path / "kept"
    kept.touch()
    with (venv.root / "requirements.lock").open("a") as lock:
        lock.write("# newer\n")
    assert not venv.is_fresh("runtime", VERSION)
    bootstrap.prepare(venv, "runtime")
    assert kept.exists()
    assert venv.is_fresh("runtime", VERSION)


def test_an_environment_for_tests_also_serves_but_not_the_other_way(venv: Venv) -> None:
    bootstrap.prepare(venv, "runtime")
    assert not venv.is_fresh("dev", VERSION)
    bootstrap.prepare(venv, "dev")
    assert venv.is_fresh("runtime", VERSION)


def test_a_moved_checkout_or_another_python_is_set_up_anew(venv: Venv) -> None:
    """The scripts of an environment name its folder, and its packages lie under its Python's version."""
    bootstrap.prepare(venv, "runtime")
    moved = Venv(venv.root.rename(venv.root.with_name("elsewhere")))
    assert not moved.is_sound(VERSION)
    moved.root.rename(venv.root)
    assert venv.is_sound(VERSION)
    assert not venv.is_sound("3.99")


# What is missing


def test_a_debian_without_ensurepip_gets_the_one_command(venv: Venv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the real installation
    monkeypatch.setattr(bootstrap, "works", lambda _: False)  # no uv, no pip, no ensurepip
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/apt-get")
    with pytest.raises(SetupError) as caught:
        bootstrap.fill(venv, venv.root / "requirements.lock")
    assert re.fullmatch(r"(sudo )?apt install python3(\.\d+)?-venv", caught.value.command)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Programs that are started and do nothing, but uv fails: an index is often known to pip's settings only."""
    monkeypatch.undo()  # the real installation
    started: list[str] = []

    def run(command: list[str | Path]) -> None:
        started.append(str(command[0]))
        if command[0] == "uv":
            raise SetupError("the package index cannot be reached.", "make setup")

    monkeypatch.setattr(bootstrap, "works", lambda _: True)
    monkeypatch.setattr(bootstrap, "run", run)
    return started


def test_the_next_installer_is_tried_when_one_fails(venv: Venv, ran: list[str]) -> None:
    bootstrap.fill(venv, venv.root / "requirements.lock", ["-e", venv.root])
    assert ran == ["uv", str(venv.python), str(venv.python)]


def test_leafmap_is_installed_by_the_next_installer_too(
    checkout: Path, ran: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bootstrap", bootstrap)
    venv = Venv(checkout, ".venv-leafmap")
    venv.path.mkdir()
    main = runpy.run_path(str(ROOT / "scripts" / "leafmap"))["main"]
    main(venv)
    assert ran == [sys.executable, "uv", str(venv.python)]
    main(venv)
    assert len(ran) == 3, "it is there"


@pytest.mark.parametrize(
    ("output", "cause", "command"),
    [
        ("SSLError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self-signed')", "certificate", "PIP_CERT="),
        ("× invalid peer certificate: UnknownIssuer", "certificate", "SSL_CERT_FILE="),
        ("Failed to establish a new connection: [Errno -3]\nERROR: No matching distribution", "reached", "HTTPS_PROXY"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that was locked", "PIP_NO_CACHE_DIR=1"),
        ("OSError: [Errno 28] No space left on device", "disk is full", "df -h"),
        ("ERROR: No matching distribution found for rasterio==1.4.4", "no ready-made wheel", "docker compose up"),
        ("Traceback\nZeroDivisionError: 1/0", "ZeroDivisionError: 1/0", "make clean setup"),
        ("", "nothing", "make clean setup"),
    ],
)
def test_a_failed_download_is_told_as_one_cause_and_one_command(output: str, cause: str, command: str) -> None:
    text = str(bootstrap.explain(output))
    assert cause in text
    assert command in text.splitlines()[-1]


# The locks


def pins(name: str) -> dict[str, str]:
    return dict(
        re.findall(
            r"^([\w.-]+==\S+(?: ; [^\\]+?)?) \\\n((?:    --hash=sha256:\S+(?: \\)?\n)+)",
            (ROOT / name).read_text(),
            re.MULTILINE,
        )
    )


def test_every_package_is_locked_with_hashes_and_tests_use_what_serves() -> None:
    runtime, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert (
        len(runtime) == (ROOT / "requirements.lock").read_text().count("\n") - "".join(runtime.values()).count("\n") - 2
    )
    assert runtime.items() <= dev.items()


def test_the_locks_have_every_dependency_of_the_project() -> None:
    """After a change of pyproject.toml: make lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    serves, tests = project["project"]["dependencies"], project["dependency-groups"]["dev"]
    for lock, wanted in (("requirements.lock", serves), ("requirements-dev.lock", serves + tests)):
        locked = {pin.split("==")[0] for pin in pins(lock)}
        assert {re.split(r"[<>=;]", text)[0].strip() for text in wanted} <= locked


def test_no_file_names_the_host_of_a_package_registry() -> None:
    """A lock file with an index address would only install where that index is."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout, so there is no list of its files")
    hosts = re.compile(rb"pypi\.org|pythonhosted\.org|npmjs\.org|npmjs\.com|deb\.debian\.org|--(extra-)?index-url")
    files = [ROOT / name for name in listed.stdout.splitlines() if ROOT / name != Path(__file__)]
    assert [path for path in files if path.is_file() and hosts.search(path.read_bytes())] == []
