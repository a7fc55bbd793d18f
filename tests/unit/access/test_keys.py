"""Keys: their entries, where they are read from, and how they are found."""

from __future__ import annotations

import hashlib

import pytest

from app.access.keys import KeyRing, Scope, new_key, read_entry
from app.settings import Settings

DIGEST = hashlib.sha256(b"open sesame").hexdigest()


def ring(*entries: str, **settings) -> KeyRing:
    return KeyRing.from_settings(Settings(api_keys=entries, **settings))


def test_a_key_is_found_by_its_text_alone():
    keys = ring(f"alice:{DIGEST}")
    found = keys.find("open sesame")
    assert found is not None
    assert found.id == "alice"
    for other in ("", "open sesam", "open sesame ", DIGEST, "x" * 1_000_000):
        assert keys.find(other) is None


def test_a_key_without_scopes_opens_everything():
    for entry in (f"a:{DIGEST}", f"a:{DIGEST}:*", f"a:{DIGEST}:tiles+*", f"a:{DIGEST}::9"):
        assert read_entry(entry).scopes == frozenset(Scope)


def test_scopes_and_a_rate_of_its_own_are_read():
    key = read_entry(f"a:{DIGEST.upper()}:tiles+info:600")
    assert key.scopes == {Scope.TILES, Scope.INFO}
    assert key.units_per_minute == 600


@pytest.mark.parametrize(
    "entry",
    ["", "a", f":{DIGEST}", f"a b:{DIGEST}", f"a:{DIGEST[1:]}", f"a:{DIGEST}:tile", f"a:{DIGEST}:tiles,info",
     f"a:{DIGEST}:*:0", f"a:{DIGEST}:*:-1", f"a:{DIGEST}:*:nan", f"a:{DIGEST}:*:inf", f"a:{DIGEST}:*:fast"],
)  # fmt: skip
def test_an_entry_that_is_none_is_refused_by_its_number_and_not_repeated(entry):
    """Somebody may have written the key itself."""
    with pytest.raises(ValueError, match="entry 2") as told:
        ring(f"good:{DIGEST}", entry)
    assert DIGEST not in str(told.value)


def test_a_name_or_a_key_in_two_entries_is_refused():
    other = hashlib.sha256(b"other").hexdigest()
    for entries in ([f"a:{DIGEST}", f"a:{other}"], [f"a:{DIGEST}", f"b:{DIGEST}"]):
        with pytest.raises(ValueError, match="same"):
            ring(*entries)


def test_a_file_has_an_entry_a_line_and_comments(tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"# ours\n\nalice:{DIGEST}:tiles  # the map\n")
    keys = KeyRing.from_settings(Settings(api_keys_file=path))
    found = keys.find("open sesame")
    assert found is not None
    assert (found.id, found.scopes) == ("alice", {Scope.TILES})


@pytest.mark.parametrize("text", ["", "# nothing\n", None])
def test_a_file_without_entries_does_not_open_the_server(tmp_path, text):
    path = tmp_path / "keys"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match="SWATH_API_KEYS_FILE"):
        KeyRing.from_settings(Settings(api_keys_file=path))


def test_a_new_key_is_32_random_bytes_and_its_entry_reads_back():
    text, key = new_key("map-2026", [Scope.TILES], 60)
    assert len(text) == len("swath_") + 43
    assert key.digest == hashlib.sha256(text.encode()).digest()
    assert read_entry(key.entry) == key
    assert text not in key.entry
    assert new_key("map-2026")[0] != text
    assert read_entry(new_key("all")[1].entry).scopes == frozenset(Scope)
    with pytest.raises(ValueError, match="name"):
        new_key("a:b")
