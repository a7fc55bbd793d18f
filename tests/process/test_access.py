"""The commands for access, and the warning at start, as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from app.access.keys import Scope, read_entry
from app.cli import is_open_to_anyone, read_duration_s
from app.settings import Settings
from tests.serving import free_port, wait_until_ready

SWATH = Path(sys.executable).with_name("swath")
SECRET = "a secret of sixteen"
ENTRY = f"a:{'0' * 64}"


def swath(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [str(SWATH), *words]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False)


def test_key_new_prints_a_key_and_its_entry():
    run = swath("key", "new", "map", "--scope", "tiles", "--scope", "info", "--rate", "60")
    assert run.returncode == 0, run.stderr
    [key, entry] = [line.split()[1] for line in run.stdout.splitlines()]
    assert key.startswith("swath_")
    made = read_entry(entry)
    assert (made.id, made.scopes, made.units_per_minute) == ("map", {Scope.TILES, Scope.INFO}, 60)
    assert key not in run.stderr


@pytest.mark.parametrize("words", [["a:b"], ["a", "--scope", "all"], ["a", "--rate", "0"]])
def test_key_new_refuses_what_cannot_be_an_entry(words):
    run = swath("key", "new", *words)
    assert (run.returncode, run.stdout) == (2, "")


def test_sign_needs_a_secret_and_a_time():
    assert "SWATH_SIGNING_KEYS" in swath("sign", "http://h/cog/info").stderr
    assert "90s, 30m, 12h or 7d" in swath("sign", "http://h/", "--expires", "1y", SWATH_SIGNING_KEYS=SECRET).stderr
    assert [read_duration_s(text) for text in ("90s", "30m", "12h", "7d")] == [90, 1800, 43200, 604800]


@pytest.mark.parametrize(
    ("setting", "value"),
    [("SWATH_SIGNING_KEYS", f"{SECRET},short-secret"), ("SWATH_API_KEYS", "alice:short-secret"),
     ("SWATH_API_KEYS_FILE", "/short-secret/none"), ("SWATH_RATE_LIMIT", "0")],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_named_and_secrets_not_shown(setting, value):
    run = swath("serve", "--port", str(free_port()), **{setting: value})
    assert run.returncode == 1
    assert setting in run.stderr
    assert SECRET not in run.stderr
    assert "short-secret" not in run.stderr.replace(value if "FILE" in setting else SECRET, "")


def test_secrets_are_not_shown_by_the_settings_themselves():
    assert SECRET not in repr(Settings(signing_keys=SECRET))
    with pytest.raises(ValueError, match="shorter than 16") as told:
        Settings(signing_keys=(SECRET, "short-secret"))
    assert "short-secret" not in str(told.value)


def test_a_server_takes_what_the_command_signed_and_each_worker_has_its_share():
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    env = {**os.environ, "SWATH_SIGNING_KEYS": SECRET, "SWATH_RATE_LIMIT": "600"}
    command = [str(SWATH), "serve", "--port", str(port), "--workers", "2"]
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_until_ready(base, server)
        url = swath("sign", f"{base}/metrics", "--expires", "60s", SWATH_SIGNING_KEYS=SECRET).stdout.strip()
        answer = requests.get(url, timeout=30)
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == '"units";q=300;w=60'
        assert requests.get(f"{base}/metrics", timeout=30).status_code == 403
    finally:
        server.terminate()
        _, errors = server.communicate(timeout=30)
    assert "sig=" not in errors
    assert SECRET not in errors


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "tiles.example.com"])
def test_a_server_that_is_open_to_anyone_is_warned_about(host):
    assert is_open_to_anyone(Settings(), host)
    assert is_open_to_anyone(Settings(rate_limit=1), host)
    for guarded in ({"signing_keys": SECRET}, {"api_keys": ENTRY}, {"api_keys_file": "keys"}, {"public": True},
                    {"allow_sources": "https://a/"}):  # fmt: skip
        assert not is_open_to_anyone(Settings(**guarded), host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_a_server_of_this_machine_is_not(host):
    assert not is_open_to_anyone(Settings(), host)


def test_the_warning_is_one_line_before_anything_listens():
    """192.0.2.1 (RFC 5737) is no address of this machine, so this server ends without having listened."""
    warned, silent = (swath("serve", "--host", "192.0.2.1", "--port", "8000", SWATH_PUBLIC=told) for told in ("0", "1"))
    [line] = [line for line in warned.stderr.splitlines() if line.startswith("Warning: ")]
    assert all(f"SWATH_{name}" in line for name in ("API_KEYS", "SIGNING_KEYS", "ALLOW_SOURCES", "PUBLIC=true"))
    assert "192.0.2.1" in line
    assert "Warning" not in silent.stderr
