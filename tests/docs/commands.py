"""The commands of a page of the docs, run as they stand there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
LOCAL = "http://127.0.0.1:8000"


def run_commands(page: str, base: str, folder: Path) -> Path:
    """Run every curl of ``docs/{page}`` against the server at ``base``; gives the folder with what they write.

    Lines such as ``ITEM=…`` before them name what they say as ``$ITEM``.
    """
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed; type: apt install curl")
    names: dict[str, str] = {}
    for block in re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL):
        text = block.replace("\\\n", " ")
        names |= dict(re.findall(r"^([A-Z]+)=(\S+)$", text, re.MULTILINE))
        for command in re.split(r"^(?=curl )", text, flags=re.MULTILINE)[1:]:
            words = [_word(word, names, base) for word in shlex.split(command)]
            subprocess.run([*words, "--fail", "--silent", "--show-error"], cwd=folder, check=True, timeout=60)
    return folder


def _word(word: str, names: dict[str, str], base: str) -> str:
    for name, value in names.items():
        word = word.replace(f"${name}", value)
    return word.replace(LOCAL, base)
