"""Prepare ``.venv`` from the locked requirements, with nothing but the standard library: ``bootstrap.py runtime|dev``.

``scripts/setup`` finds the Python and calls this. The environment is always made without pip, which works on a Debian
that lacks ensurepip, and is then filled by the first of uv, its own pip, or a pip of the system that can do it. A stamp
written last says what it was made from: no stamp, and a half-made environment is made anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"runtime": "requirements.lock", "dev": "requirements-dev.lock"}  # dev holds all of runtime, same versions


# What uv and pip print, told as one cause and one command; the first match counts.
KNOWN_FAILURES = (
    (
        ("CERTIFICATE_VERIFY_FAILED", "certificate verify failed", "TLS CA certificate", "invalid peer certificate"),
        "the certificate of the package index is not trusted here (a proxy that opens TLS?)",
        "PIP_CERT=/path/to/your-ca.pem SSL_CERT_FILE=/path/to/your-ca.pem make setup",
    ),
    (
        ("No space left on device",),
        "the disk is full: .venv takes 700 MB",
        "df -h .",
    ),
    (
        ("DO NOT MATCH THE HASHES", "Hash mismatch"),
        "a downloaded package is not the one that was locked (changed by a mirror or in a cache?)",
        "PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 make setup",
    ),
    (
        (
            "name resolution",
            "Name or service not known",
            "nodename nor servname",
            "dns error",
            "NewConnectionError",
            "Failed to establish a new connection",
            "Connection refused",
            "Network is unreachable",
            "error sending request",
            "ProxyError",
            "timed out",
        ),
        "the package index cannot be reached; only the first set-up needs the network",
        "make setup (again, once there is a network; behind a proxy: HTTPS_PROXY=http://your-proxy:port make setup)",
    ),
    (
        ("No matching distribution", "no wheels with a matching", "has no usable wheels", "No solution found"),
        "a locked package has no ready-made wheel for this system and Python",
        "docker compose up",
    ),
)


class SetupError(Exception):
    """Setting up failed: one cause, and one command that mends it."""

    def __init__(self, cause: str, command: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.command = command

    def __str__(self) -> str:
        return f"Swath could not be set up: {self.cause}\nType: {self.command}"


@dataclass(frozen=True)
class Venv:
    """The environment of one checkout, and the stamps in it."""

    root: Path = ROOT
    name: str = ".venv"

    @property
    def path(self) -> Path:
        """Folder of the environment."""
        return self.root / self.name

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.path / "bin" / "python"

    def stamp(self, kind: str) -> Path:
        """File that says what ``kind`` was installed from."""
        return self.path / f"swath-{kind}.stamp"

    def identity(self, python_version: str) -> str:
        """Line that changes when the checkout is moved or the system's Python is replaced: make it anew."""
        return f"{self.root} python {python_version}"

    def stamp_text(self, kind: str, python_version: str) -> str:
        """Text of the stamp; its second line changes when other packages are wanted: install over it."""
        digest = hashlib.sha256()
        for name in ("pyproject.toml", LOCKS[kind]):
            digest.update((self.root / name).read_bytes())
        return f"{self.identity(python_version)}\n{digest.hexdigest()}\n"

    def stamps(self) -> dict[str, str]:
        """Stamps that are there, by kind."""
        return {kind: self.stamp(kind).read_text() for kind in LOCKS if self.stamp(kind).is_file()}

    def is_fresh(self, kind: str, python_version: str) -> bool:
        """Say whether ``kind`` is installed as locked; an environment for dev serves as well."""
        stamps = self.stamps()
        is_current = any(stamps.get(name) == self.stamp_text(name, python_version) for name in (kind, "dev"))
        return is_current and (self.path / "bin" / "swath").exists()

    def is_sound(self, python_version: str) -> bool:
        """Say whether it was finished once, here and with this Python, so that it can be installed over."""
        return any(text.startswith(f"{self.identity(python_version)}\n") for text in self.stamps().values())


def prepare(venv: Venv, kind: str) -> None:
    """Make or mend the environment for ``kind``.

    Raises:
        SetupError: It cannot be done; the message has the cause and the command.
    """
    version = version_of(venv.python)
    if venv.is_fresh(kind, version):
        return  # another make did it while this one waited
    sound = venv.is_sound(version)
    for stamp in map(venv.stamp, LOCKS):
        stamp.unlink(missing_ok=True)  # from here on it is half-made
    if not sound:
        say(f"making .venv with Python {'.'.join(map(str, sys.version_info[:3]))} ({sys.executable})")
        run([sys.executable, "-Im", "venv", "--clear", "--without-pip", venv.path])
    swath = ["--no-deps", "--no-build-isolation", "-e", venv.root]  # with the locked build backend: no download
    fill(venv, venv.root / LOCKS[kind], swath)
    venv.stamp(kind).write_text(venv.stamp_text(kind, version_of(venv.python)))


def fill(venv: Venv, lock: Path, *more: list[str | Path]) -> None:
    """Install the locked packages, then ``more``: ends of the installer's command line.

    Raises:
        SetupError: No installer is here, or none can do it; the message is the last one's.
    """
    locked = ["--only-binary", ":all:", "--require-hashes", "-r", lock]
    failure: SetupError | None = None
    for name, install in installers(venv):
        say(f"installing the packages of {lock.name} with {name}; the first time takes a minute")
        try:
            for words in (locked, *more):
                run([*install, *words])
        except SetupError as err:
            failure = err  # uv and pip are configured apart: the other may know the index, the proxy or the certificate
        else:
            return
    raise failure or no_pip()


def installers(venv: Venv) -> Iterator[tuple[str, list[str | Path]]]:
    """Yield the ways to install into ``venv`` that this machine has, quickest first; each begins a command line."""
    if works(["uv", "--version"]):
        yield "uv", ["uv", "pip", "install", "--quiet", "--python", venv.python]
    own_pip = [venv.python, "-Im", "pip"]
    system_pip = [sys.executable, "-Im", "pip", "--python", venv.python]
    if works([*own_pip, "--version"]) or works([venv.python, "-Im", "ensurepip"]):
        yield "pip", [*own_pip, "install", "--quiet"]
    elif works([*system_pip, "--version"]):
        yield "the system's pip", [*system_pip, "install", "--quiet"]


def no_pip() -> SetupError:
    """Explain a Python without pip and ensurepip, as Debian and Ubuntu ship it."""
    base = Path(sys.executable).resolve()
    is_default = Path("/usr/bin/python3").resolve() == base
    package = "python3-venv" if is_default else f"python3.{sys.version_info.minor}-venv"
    if shutil.which("apt-get"):
        return SetupError(
            f"{base} comes without pip, which is a package of its own here.", as_root(f"apt install {package}")
        )
    return SetupError(f"{base} comes without pip.", "make setup (after installing your system's pip package)")


def as_root(command: str) -> str:
    """Put sudo before ``command`` where it is needed."""
    return command if os.geteuid() == 0 else f"sudo {command}"


def explain(output: str) -> SetupError:
    """Tell the cause of a failed installation from what uv or pip printed."""
    lines = [line.strip() for line in output.splitlines()]
    for signs, cause, command in KNOWN_FAILURES:
        for line in lines:
            if any(sign in line for sign in signs):
                return SetupError(f"{cause}.\nIt said: {line[:300]}", command)
    errors = [line for line in lines if "error" in line.lower()] or ["the installer said nothing"]
    return SetupError(f"{errors[-1]}\nIt said:\n{output.strip()[-2000:]}", "make clean setup")


def run(command: list[str | Path]) -> None:
    """Run ``command`` quietly.

    Raises:
        SetupError: It failed; what it printed is explained.
    """
    # It inherits the lock: when this process is killed, the next make waits until what it started has ended too.
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, errors="replace", check=False, close_fds=False
    )
    if done.returncode:
        raise explain(done.stdout + done.stderr)


def works(command: list[str | Path]) -> bool:
    """Say whether ``command`` exists and succeeds."""
    try:
        done = subprocess.run(command, env=environment(), capture_output=True, check=False, close_fds=False)
    except OSError:
        return False
    return done.returncode == 0


def environment() -> dict[str, str]:
    """Environment of the installers: the person's own, less what would send packages elsewhere than to ``.venv``."""
    elsewhere = {"PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PIP_TARGET", "PIP_USER", "PYTHONHOME", "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name not in elsewhere}


def version_of(python: Path) -> str:
    """Version of an interpreter, such as ``3.11``; empty when there is none."""
    if not works([python, "--version"]):
        return ""
    code = "import sys; print('{}.{}'.format(*sys.version_info))"
    return subprocess.run([python, "-ISc", code], capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Let a second ``make`` in the same checkout wait for the first."""
    handle = os.open(folder, os.O_RDONLY)
    os.set_inheritable(handle, True)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another set-up of this folder to end")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def say(text: str) -> None:
    """Tell the person what takes time."""
    print(f"swath: {text}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Prepare ``.venv``; with ``--is-fresh`` (run by its own Python) only answer by exit code whether it is ready."""
    venv, kind = Venv(), arguments[-1]
    if "--is-fresh" in arguments:
        return 0 if venv.is_fresh(kind, "{}.{}".format(*sys.version_info)) else 1
    try:
        with one_at_a_time(venv.root):
            prepare(venv, kind)
    except SetupError as err:
        print(err, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
