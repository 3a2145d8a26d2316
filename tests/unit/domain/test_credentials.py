from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.domain.credentials import RANDOM_BYTES, TOKEN_PATTERN, is_alive, mint, public_id

from .builders import unhurried

NOW = 1_800_000_000_000
randomness = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


@unhurried
@given(randomness)
def test_a_minted_token_is_read_back_and_has_the_form_scanners_look_for(source: bytes) -> None:
    token = mint(source)

    assert token.id == public_id(token.text)
    assert re.fullmatch(TOKEN_PATTERN, token.text)


@unhurried
@given(randomness, st.binary(min_size=32, max_size=32))
def test_tokens_of_other_random_bytes_have_other_secrets(source: bytes, other: bytes) -> None:
    assert (source[7:] == other) == (mint(source).secret == mint(source[:7] + other).secret)


def test_a_token_needs_its_full_randomness() -> None:
    with pytest.raises(ValueError, match="39 random bytes, not 38"):
        mint(b"x" * (RANDOM_BYTES - 1))


GOOD = mint(bytes(range(RANDOM_BYTES))).text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "syncline_",
        GOOD[:-1],
        GOOD + "A",
        GOOD + "\n",
        " " + GOOD,
        GOOD.upper(),
        GOOD.replace("_", "-", 1),
        GOOD[:-1] + "é",
        GOOD[:-1] + "=",
        "Bearer " + GOOD,
        "x" * 1_000_000,
    ],
    ids=range(12),
)
def test_anything_but_the_exact_form_is_no_token(text: str) -> None:
    assert public_id(text) is None


@unhurried
@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    assert public_id(text) is None or re.fullmatch(TOKEN_PATTERN, text)


def test_a_token_does_not_show_its_secret_by_accident() -> None:
    token = mint(bytes(range(RANDOM_BYTES)))

    assert token.secret not in repr(token)
    assert token.secret not in f"{token}"


@pytest.mark.parametrize(
    ("expires_at", "revoked_at", "expected"),
    [
        (None, None, True),
        (NOW + 1, None, True),
        (NOW, None, False),
        (NOW - 1, None, False),
        (None, NOW, False),
        (NOW + 1, NOW - 1, False),
    ],
)
def test_a_token_opens_until_it_expires_or_is_revoked(
    expires_at: int | None, revoked_at: int | None, *, expected: bool
) -> None:
    assert expected == is_alive(expires_at=expires_at, revoked_at=revoked_at, now=NOW)
