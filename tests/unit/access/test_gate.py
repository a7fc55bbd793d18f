"""What opens, what does not, and what is said."""

from __future__ import annotations

import pytest

from app.access.gate import Asked, Gate, Grant
from app.access.keys import ApiKey, KeyRing, Scope, new_key
from app.access.signature import Kind, Signer
from app.errors import AccessDenied, Unauthorized
from app.settings import Settings

NOW = 1_700_000_000
END = ("expires", str(NOW + 60))
SIGNER = Signer(["0123456789abcdef"])
TEXT, KEY = new_key("alice", [Scope.TILES])
BOTH, KEYS, SIGNED = Gate(KeyRing([KEY]), SIGNER), Gate(KeyRing([KEY]), None), Gate(KeyRing([]), SIGNER)


def signed(*pairs: tuple[str, str], path: str = "/cog/info", **asked) -> Asked:
    return Asked(path=path, pairs=[*pairs, ("sig", SIGNER.sign(Kind.URL, path, pairs))], **asked)


def test_without_settings_there_is_no_gate():
    assert Gate.from_settings(Settings()) is None
    assert Gate.from_settings(Settings(signing_keys="0123456789abcdef")) is not None
    assert Gate.from_settings(Settings(api_keys=(KEY.entry,))) is not None


def test_a_key_with_the_scope_opens():
    assert KEYS.admit(Asked(path="/", key=TEXT, scope=Scope.TILES), NOW) == Grant(key=KEY)
    assert KEYS.admit(Asked(path="/", key=TEXT), NOW) == Grant(key=KEY)
    by_query = Asked(path="/", pairs=[("access_token", TEXT)])
    assert KEYS.admit(by_query, NOW) == Grant(key=KEY, token=TEXT)


def test_a_key_without_the_scope_does_not():
    with pytest.raises(AccessDenied, match="'alice' does not open 'data'; it opens tiles"):
        KEYS.admit(Asked(path="/", key=TEXT, scope=Scope.DATA), NOW)


@pytest.mark.parametrize(
    "asked",
    [
        Asked(path="/"),
        Asked(path="/", key="wrong"),
        Asked(path="/", key=""),
        Asked(path="/", pairs=[("access_token", "wrong")]),
        Asked(path="/", pairs=[("access_token", TEXT), ("access_token", TEXT)]),
        Asked(path="/", key="wrong", pairs=[("access_token", TEXT)]),
    ],
    ids=["missing", "wrong", "twice", "wrong in the query", "twice in the query", "the header comes first"],
)
def test_a_missing_or_unknown_key_is_unauthorized(asked):
    for gate in (KEYS, BOTH):
        with pytest.raises(Unauthorized, match="SWATH_API_KEYS"):
            gate.admit(asked, NOW)


def test_a_signature_opens_until_it_ends():
    asked = signed(("url", "a"), END)
    assert SIGNED.admit(asked, NOW + 59.9) == Grant(expires=NOW + 60)
    with pytest.raises(AccessDenied, match="expired at 2023-11-14 22:14:20 UTC"):
        SIGNED.admit(asked, NOW + 60)


@pytest.mark.parametrize(
    "asked",
    [
        signed(("url", "a")),
        signed(("url", "a"), ("expires", "soon")),
        signed(("url", "a"), ("expires", "-1")),
        signed(("url", "a"), ("expires", "9" * 30)),
        signed(END, END),
        signed(END, reads_only=False),
        Asked(path="/cog/info", pairs=[*signed(END).pairs, ("url", "b")]),
        Asked(path="/cog/bounds", pairs=signed(END).pairs),
        Asked(path="/cog/info", pairs=[*signed(END).pairs, signed(END).pairs[-1]]),
    ],
    ids=["no end", "a word", "negative", "huge", "two ends", "POST", "one more parameter", "another path", "twice"],
)
def test_a_wrong_signature_is_refused_in_the_same_words(asked):
    with pytest.raises(AccessDenied) as told:
        SIGNED.admit(asked, NOW)
    assert told.value.detail.startswith("The signature does not fit this request (SWATH_SIGNING_KEYS)")


def test_a_forged_end_is_not_told_from_a_wrong_signature():
    """Only the holder of a true signature learns that it has ended."""
    forged = Asked(path="/cog/info", pairs=[("expires", "1"), ("sig", signed(END).pairs[-1][1])])
    with pytest.raises(AccessDenied, match="does not fit"):
        SIGNED.admit(forged, NOW)


def test_without_anything_shown_the_remedy_is_named():
    with pytest.raises(AccessDenied, match="signed URLs only"):
        SIGNED.admit(Asked(path="/"), NOW)
    with pytest.raises(Unauthorized, match="or ask for a signed URL"):
        BOTH.admit(Asked(path="/"), NOW)


def test_either_suffices():
    good, bad = signed(END), Asked(path="/cog/info", pairs=[END, ("sig", "u.x")])
    assert BOTH.admit(good, NOW).expires == NOW + 60
    assert BOTH.admit(Asked(path=good.path, pairs=good.pairs, key="wrong"), NOW).expires == NOW + 60
    assert BOTH.admit(Asked(path=bad.path, pairs=bad.pairs, key=TEXT), NOW).key == KEY
    lacking = Asked(path=good.path, pairs=good.pairs, key=TEXT, scope=Scope.DATA)
    assert BOTH.admit(lacking, NOW).expires == NOW + 60


def test_what_is_not_switched_on_opens_nothing():
    with pytest.raises(Unauthorized):
        KEYS.admit(signed(END), NOW)
    with pytest.raises(AccessDenied):
        SIGNED.admit(Asked(path="/", key=TEXT), NOW)


def test_a_template_gets_what_the_callers_query_had():
    path, pairs = "/cog/tiles/{z}/{x}/{y}", [("url", "a")]
    assert BOTH.hand_on(Grant(key=KEY), path, pairs) == pairs
    assert BOTH.hand_on(Grant(key=KEY, token=TEXT), path, pairs) == [*pairs, ("access_token", TEXT)]
    handed = BOTH.hand_on(Grant(expires=NOW + 60), path, pairs)
    assert handed[:-1] == [*pairs, END]
    assert BOTH.admit(Asked(path="/cog/tiles/3/2/1", pairs=handed), NOW).expires == NOW + 60


def test_a_rate_of_a_key_needs_the_limit_to_be_on():
    own = ApiKey(id="a", digest=KEY.digest, units_per_minute=5)
    with pytest.raises(ValueError, match="SWATH_RATE_LIMIT"):
        Gate.from_settings(Settings(api_keys=(own.entry,)))
    assert Gate.from_settings(Settings(api_keys=(own.entry,), rate_limit=1))
