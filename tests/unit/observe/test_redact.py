"""No secret of a URL is in the log, and no text of a stranger is a line of it."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from app.observe.redact import on_one_line, redact

SECRET = "s3cr3t"
AMAZON = ["X-Amz-Signature", "x-amz-credential"]
NAMES = ["access_token", "sig", "signature", *AMAZON, "token", "key", "api_key", "password"]


@pytest.mark.parametrize("name", [*NAMES, "sv", "se", "sr", "sp", "st", "spr"])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_the_secrets_of_a_url_are_left_out_however_often_it_is_quoted(name, depth):
    inner = f"https://host/a.tif?{name}={SECRET}&b=1&{name}={SECRET}"
    for _ in range(depth):
        inner = "https://other/item?url=" + quote(inner, safe="")
    shown = redact(f"cannot read {inner!r} now")
    assert SECRET not in shown
    assert "host" in shown
    assert "b" in shown.split("host")[1]


@pytest.mark.parametrize(
    "text",
    [
        f"https://user:{SECRET}@host/a.tif",
        f"url=https%3A%2F%2Fuser%3A{SECRET}@host",
        f"url=https%3A%2F%2Fuser%3A{SECRET}%40host",
        f"Authorization: Bearer {SECRET}",
    ],
)
def test_passwords_and_bearers_are_left_out(text):
    assert SECRET not in redact(text)


@pytest.mark.parametrize(
    "text", ["asset=B04", "https://host/a.tif?b=1", "the monkey=7 is fine", "https%3A%2F%2Fhost%2Fa%40b"]
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\x1b[2Jb", "a\u2028b", "a\x85b", "a\x00b"])
def test_a_text_stays_on_its_line(text):
    shown = on_one_line(text)
    assert shown.isprintable()
    assert shown.splitlines() == [shown]
