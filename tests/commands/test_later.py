"""Commands are there when they are asked for, and cost nothing before."""

from __future__ import annotations

import subprocess
import sys


def test_all_commands_are_listed(swath):
    told = swath("--help").stdout
    assert all(f"\n  {name} " in told for name in ("doctor", "export", "info", "key", "render", "serve", "sign"))


def test_a_command_that_is_not_there_is_told(swath):
    run = swath("exprt")
    assert run.exit_code == 2
    assert "No such command" in run.stderr


def test_the_command_that_serves_does_not_import_the_others():
    code = "import sys, app.cli; print(sorted({'app.commands.export', 'fastapi', 'morecantile'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == "[]\n"
