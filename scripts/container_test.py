"""Check the container without an engine: lint the Dockerfile and the compose file, build the image, run it, ask it.

No Docker daemon is needed: buildah builds the unchanged Dockerfile in a chroot, on a stand-in for its base image that
debootstrap makes (Debian's own Python under the base image's name). What a chroot cannot show is said in
docs/decisions/container-test.md. With ``--lint`` only the two files are checked.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
IMAGE = "localhost/swath:test"
USER = 10001
WRITABLE = ("/var/cache/swath", "/tmp")  # noqa: S108  the image's own /tmp
BUDGET_BYTES = 400 * 2**20  # what Swath adds to its base image
START_S = 180  # the sample is generated at the first start: 20 s, or minutes on a busy machine
# A proxy that opens TLS, and where pip finds it: lent to the build, kept out of the image.
LENT = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pip.conf")


def main(arguments: list[str]) -> int:
    """Lint, then build and run where that is possible."""
    lint()
    if "--lint" in arguments:
        return 0
    if reason := why_not():
        print(f"skipped: {reason}")
        return 0
    with tempfile.TemporaryDirectory(prefix="swath-container-") as folder:
        store = Store(Path(folder))
        base_bytes = make_base(store, base_image())
        step("building the Dockerfile")
        store.buildah(
            "bud", "--isolation", "chroot", "--pull-never", "--format", "docker", *lent(), "--tag", IMAGE, ROOT
        )
        check_size(store, base_bytes)
        check_run(store)
    print("container: passed")
    return 0


def lint() -> None:
    """Check the Dockerfile with hadolint and the compose file against the compose schema."""
    step("linting Dockerfile and docker-compose.yml")
    subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], check=True)
    schema = [BIN / "check-jsonschema", "--quiet", "--builtin-schema", "vendor.compose-spec"]
    subprocess.run([*schema, ROOT / "docker-compose.yml"], check=True)


def why_not() -> str | None:
    """Tell why the image cannot be built here and what would help, or None."""
    if platform.system() != "Linux":
        return "the image is built in a chroot, which needs Linux. Type: docker compose up"
    missing = [tool for tool in ("buildah", "debootstrap") if not shutil.which(tool)]
    if missing:
        return f"{' and '.join(missing)} not found. Type: sudo apt install buildah debootstrap"
    if os.geteuid() != 0:
        return "building in a chroot needs root. Type: sudo make container"
    return None


class Store:
    """Images and containers of this run, in a folder of their own that goes away with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.command: list[str | Path] = ["buildah", "--root", folder / "images", "--runroot", folder / "run"]

    def buildah(self, *arguments: str | Path) -> str:
        """Run a buildah command and return what it printed; what it said is shown when it fails."""
        done = subprocess.run([*self.command, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"buildah {arguments[0]} failed:\n{(done.stdout + done.stderr)[-6000:]}")
        return done.stdout.strip()

    def config(self, image: str) -> dict[str, object]:
        """What the Dockerfile says about running the image: User, Entrypoint, Healthcheck …."""
        return json.loads(self.buildah("inspect", "--type", "image", image))["Docker"]["config"]

    @contextmanager
    def container(self, image: str) -> Iterator[str]:
        """Make a container, and remove it."""
        name = self.buildah("from", "--pull-never", image)
        try:
            yield name
        finally:
            self.buildah("rm", name)


def base_image() -> str:
    """Name of the image that the Dockerfile's stages start from."""
    names = set(re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    (name,) = names  # one base for all stages: a venv of another Python would not run
    return name


def make_base(store: Store, name: str) -> int:
    """Make the stand-in for the base image; return its size in bytes."""
    step(f"making a stand-in for {name} (debootstrap, a minute)")
    tree = store.folder / "base"
    packages = "python3,python3-venv,ca-certificates"
    command = ["debootstrap", "--variant=minbase", f"--include={packages}", name.rsplit("-", 1)[1], tree]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"debootstrap failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    (tree / "usr/local/bin/python").symlink_to("/usr/bin/python3")  # as in the real one
    shutil.rmtree(tree / "var/cache/apt")
    (tree / "var/cache/apt/archives/partial").mkdir(parents=True)
    with store.container("scratch") as container:
        store.buildah("add", "--quiet", container, tree, "/")
        store.buildah("commit", "--quiet", container, f"docker.io/library/{name}")
    size = size_of(tree)
    shutil.rmtree(tree)
    return size


def check_size(store: Store, base_bytes: int) -> None:
    """Hold what Swath adds to its base against the budget."""
    with store.container(IMAGE) as container:
        added = size_of(Path(store.buildah("mount", container))) - base_bytes
    step(f"Swath adds {added / 2**20:.0f} MB to its base (budget {BUDGET_BYTES / 2**20:.0f} MB)")
    assert added <= BUDGET_BYTES


def check_run(store: Store) -> None:
    """Run the image as its own user with the compose file's words: probes, a picture, health check, nothing written."""
    config = store.config(IMAGE)
    assert config["User"] == f"{USER}:{USER}", config["User"]
    with store.container(IMAGE) as container:
        tree = Path(store.buildah("mount", container))
        with running(store, container, config) as (port, log):
            base = f"http://127.0.0.1:{port}"
            wait_until_alive(f"{base}/livez", log)
            step(f"alive; picture of {fetch_picture(base)} bytes from the sample")
            _, *healthcheck = config["Healthcheck"]["Test"]  # "CMD", then the words
            in_chroot = [word.replace(":8000/", f":{port}/") for word in healthcheck]
            store.buildah("run", "--isolation", "chroot", container, "--", *in_chroot)
            step("its own health check passes")
        strays = written_elsewhere(tree)
        assert not strays, f"written outside {WRITABLE}: {strays}"
        refused = "import os, sys; sys.exit(os.access(sys.prefix, os.W_OK))"
        store.buildah("run", "--isolation", "chroot", container, "--", "python", "-c", refused)
        step("it wrote nowhere but in its cache, and may not write to its code")


@contextmanager
def running(store: Store, container: str, config: dict[str, object]) -> Iterator[tuple[int, Path]]:
    """Start the image's entry point with the sample on a free loopback port; stop it as an engine does."""
    port, log = free_port(), store.folder / "server.log"
    words = [*config["Entrypoint"], "serve", "--host", "127.0.0.1", "--port", str(port), "--sample"]
    command = [*store.command, "run", "--isolation", "chroot", container, "--", *words]
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        yield port, log
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            sys.exit("it did not stop within 15 s of SIGTERM")


def wait_until_alive(url: str, log: Path) -> None:
    """Ask until it answers."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    sys.exit(f"no answer from {url} in {START_S} s:\n{log.read_text()[-4000:]}")


def fetch_picture(base: str) -> int:
    """Search the sample catalogue, as the notebook does, and ask for a picture of what it finds; return its size."""
    search = Request(f"{base}/v0/search", b'{"limit": 1}', {"Content-Type": "application/json"})
    with urlopen(search, timeout=START_S) as answer:
        item = json.load(answer)["features"][0]
    href = next(link["href"] for link in item["links"] if link["rel"] == "self")
    preview = f"{base}/stac/preview.png?assets=visual&max_size=256&url={quote(href, safe='')}"
    with urlopen(preview, timeout=START_S) as answer:
        picture = answer.read()
    assert picture.startswith(b"\x89PNG"), picture[:200]
    return len(picture)


def written_elsewhere(tree: Path) -> list[str]:
    """Files of the server's user in places that a read-only root file system would refuse."""
    owned = subprocess.run(["find", tree, "-xdev", "-uid", str(USER)], capture_output=True, text=True, check=True)
    paths = ["/" + str(Path(line).relative_to(tree)) for line in owned.stdout.splitlines()]
    return [path for path in paths if not path.startswith(WRITABLE)]


def lent() -> list[str]:
    """Mounts of the build that do not stay in the image."""
    return [word for path in LENT if Path(path).is_file() for word in ("--volume", f"{path}:{path}:ro")]


def size_of(tree: Path) -> int:
    """Bytes of a tree on disk, hard links counted once."""
    done = subprocess.run(["du", "-sx", "--block-size=1", tree], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def step(text: str) -> None:
    """Tell what happens, as it happens."""
    print(f"container: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
