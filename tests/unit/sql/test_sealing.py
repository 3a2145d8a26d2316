"""Secrets at rest: the key and its file, sealing, and fingerprints."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.sql.errors import KeyRefused, SealBroken
from syncline.sql.sealing import Key, Sealer

KEY = Key.parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
OTHER_KEY = Key.parse("_" * 42 + "8")
SEALER = Sealer(KEY)

FINGERPRINT = "203d2b87a9ce0fb89753f8975add4c5e00ca62c4cacb2a1b71c2b2f62546e8c3"
SEALED = "s1.9156854e.9KGvc4mdhgu9d-bhHZfHq8KBvVD677LQFlZs5LKRY0fTWg"

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_a_missing_key_is_made_for_its_owner_alone_and_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    key = Key.load(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Key.load(path) == key
    assert [path] == list(tmp_path.iterdir())


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    assert Key.load(tmp_path / "one.key") != Key.load(tmp_path / "other.key")


def test_programs_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: Key.load(path), range(8)))
    assert [keys[0]] * 8 == keys


def test_a_given_key_is_used_and_no_file_is_made(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    assert Key.load(path, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n") == KEY
    assert not path.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_that_others_can_read_is_refused_with_the_fix(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret.key"
    Key.load(path)
    path.chmod(mode)
    with pytest.raises(KeyRefused, match=f"chmod 600 {path}"):
        Key.load(path)


@pytest.mark.parametrize(
    "text", ["", "short", "A" * 44, "A" * 42, "ä" * 43, "A" * 42 + "+", "A" * 42 + "=" * 2]
)
def test_a_malformed_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(KeyRefused) as caught:
        Key.parse(text)
    assert not text or text not in str(caught.value)


def test_a_key_file_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused, match="cannot be made"):
        Key.load(tmp_path / "no such folder" / "secret.key")


def test_an_empty_key_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.touch(0o600)
    with pytest.raises(KeyRefused):
        Key.load(path)
    assert path.read_text() == ""


def test_a_key_does_not_show_itself() -> None:
    assert "\\x" not in repr(KEY)
    assert repr(KEY) == "Key()"


@given(plaintext=TEXT, bound_to=st.lists(TEXT, max_size=3))
def test_what_is_sealed_opens_in_its_own_place(plaintext: str, bound_to: list[str]) -> None:
    assert SEALER.open(SEALER.seal(plaintext, *bound_to), *bound_to) == plaintext


def test_the_same_secret_is_never_sealed_the_same_way() -> None:
    assert SEALER.seal("secret", "t1") != SEALER.seal("secret", "t1")


def test_a_sealed_value_shows_nothing_of_the_secret() -> None:
    assert "secret" not in SEALER.seal("secret-of-the-tenant", "t1")


@pytest.mark.parametrize("place", [(), ("t2",), ("t1", ""), ("t1", "tokens"), ("t", "1")])
def test_a_value_moved_to_another_place_does_not_open(place: tuple[str, ...]) -> None:
    with pytest.raises(SealBroken, match="changed or belongs to another place"):
        SEALER.open(SEALER.seal("secret", "t1"), *place)


def test_words_of_a_place_cannot_be_shifted_into_each_other() -> None:
    with pytest.raises(SealBroken):
        SEALER.open(SEALER.seal("secret", "ab", "c"), "a", "bc")


def test_every_changed_character_is_noticed() -> None:
    sealed = SEALER.seal("secret", "t1")
    for position, character in enumerate(sealed):
        changed = sealed[:position] + ("A" if character != "A" else "B") + sealed[position + 1 :]
        with pytest.raises(SealBroken):
            SEALER.open(changed, "t1")


@pytest.mark.parametrize("sealed", ["", "s1", "s1.", "plain text", "s2.x.y", "s1.zz.AAAA", "s1..", "s1.é.é"])
def test_what_was_never_sealed_does_not_open(sealed: str) -> None:
    with pytest.raises(SealBroken):
        SEALER.open(sealed, "t1")


@pytest.mark.parametrize("payload", ["", "AAAA", "A" * 27, "A" * 29, "é", "AAAA AAAA"])
def test_a_broken_payload_does_not_open(payload: str) -> None:
    with pytest.raises(SealBroken, match="changed or belongs"):
        SEALER.open(f"s1.{SEALER.key_name}.{payload}", "t1")


def test_a_value_of_another_installation_names_both_keys() -> None:
    other = Sealer(OTHER_KEY)
    with pytest.raises(SealBroken, match=f"the key '{other.key_name}'; this one is '{SEALER.key_name}'"):
        SEALER.open(other.seal("secret", "t1"), "t1")


def test_a_fingerprint_is_the_same_for_the_same_secret_purpose_and_key_alone() -> None:
    fingerprint = SEALER.fingerprint("scim-token", "secret")
    assert len(fingerprint) == 32
    assert Sealer(KEY).fingerprint("scim-token", "secret") == fingerprint
    assert SEALER.fingerprint("scim-token", "Secret") != fingerprint
    assert SEALER.fingerprint("session", "secret") != fingerprint
    assert Sealer(OTHER_KEY).fingerprint("scim-token", "secret") != fingerprint


def test_fingerprints_stay_the_same_between_versions_of_the_program() -> None:
    """Stored fingerprints must be found again: changing how they are derived is a migration."""
    assert SEALER.fingerprint("scim-token", "secret").hex() == FINGERPRINT
    assert SEALER.open(SEALED, "t1") == "secret"
