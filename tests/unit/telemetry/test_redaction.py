"""Canaries: secrets in every way they are written, none of which may come through."""

from __future__ import annotations

import json
import time

import pytest

from syncline.telemetry.redaction import SECRET_NAMES, redact

CANARY = "CaNaRy0123456789abcdefghijklmnopqrstuvwxyz-_A"
OURS = f"syncline_abcdefghij_{CANARY}"
PAT = "pat-eu1-0c4aba1e-feed-4dad-beef-canary000001"

WRITTEN = [
    OURS,
    f"token {OURS} was used",
    f"Authorization: Bearer {CANARY}",
    f"authorization=bearer {CANARY}",
    f"b'Bearer {CANARY}'",
    f"Authorization: Basic {CANARY}==",
    f"('authorization', 'Bearer {CANARY}')",
    f"{{'authorization': 'Bearer {CANARY}'}}",
    f"https://x.test/a?access_token={CANARY}&b=c",
    f"refresh_token={CANARY}",
    f'{{"client_secret": "{CANARY}"}}',
    f"{{'password': '{CANARY}'}}",
    f"{{'password': b'{CANARY}'}}",
    json.dumps({"body": json.dumps({"access_token": CANARY})}),
    f"client-secret: {CANARY}",
    f"accessToken={CANARY}",
    f"postgresql://syncline:{CANARY}@db.internal/syncline",
    f"could not connect to postgresql+psycopg://u:{CANARY}@h:5432/d (refused)",
    f"jwt eyJhbGciOiJIUzI1NiJ9.{CANARY}.{CANARY}",
    f"Cookie: session={CANARY}",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_no_canary_passes(text: str) -> None:
    assert CANARY not in redact(text)


def test_a_hubspot_token_does_not_pass() -> None:
    assert "pat-[redacted] was refused" == redact(f"{PAT} was refused")


def test_the_public_part_of_our_token_stays_so_that_it_can_be_found() -> None:
    assert "syncline_abcdefghij_[redacted]" == redact(OURS)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_value_after_a_secret_name_does_not_pass(name: str) -> None:
    for text in (f"{name}={CANARY}", f'"{name}": "{CANARY}"', f"{name.upper()}: {CANARY}"):
        assert CANARY not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "user anna@example.com was created with permission set Sales User",
        "the token of tenant acme expires in 7 days",
        'GET /scim/v2/Users?filter=userName eq "anna@example.com" 200',
        "https://api.hubapi.com/settings/users/2026-03",
    ],
)
def test_what_is_not_secret_stays_as_it_is(text: str) -> None:
    assert text == redact(text)


@pytest.mark.parametrize(
    "piece", ["a", "token", "token=", "Bearer ", "a://", "pat-", "eyJ", '\\"', "x:", "syncline_"]
)
def test_redaction_takes_time_in_proportion_to_the_text(piece: str) -> None:
    text = piece * (200_000 // len(piece))

    started = time.process_time()
    redact(text)

    assert time.process_time() - started < 2.0
