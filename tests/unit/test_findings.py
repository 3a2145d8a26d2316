"""What the doctor makes of what it sees: each level, and that whatever is not well says what helps."""

from __future__ import annotations

import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.diagnosis import DAY, address_findings, clock_finding, token_findings
from syncline.gateway.services.findings import Finding, Level
from syncline.gateway.services.ports import Token
from syncline.gateway.services.premises import (
    LONG_LOG,
    database_findings,
    disk_finding,
    folder_finding,
    key_findings,
)
from syncline.gateway.services.upkeep import Condition, Visit

NOW = 1_800_000_000_000
URL = "https://sync.example.com"
SOUND = Visit(status=401, scim=True, certificate_ends_at=NOW + 60 * DAY, date=NOW, seen_at=NOW)


def levels(findings: list[Finding]) -> dict[str, str]:
    for finding in findings:
        assert (finding.level is Level.OK) is (finding.fix is None)
    return {finding.check: finding.level.value for finding in findings}


def condition(**given: object) -> Condition:
    sound = Condition(
        backend="sqlite",
        revision="0001",
        latest="0001",
        fault=None,
        size=5_000_000,
        log_size=0,
        key_name="0a1b2c3d",
        key_place="SYNCLINE_SECRET_KEY",
        is_rotating=False,
    )
    return replace(sound, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "visit", "address", "tls"),
    [
        (URL, SOUND, "ok", "ok"),
        (URL, replace(SOUND, certificate_ends_at=NOW + 13 * DAY), "ok", "warn"),
        (URL, replace(SOUND, certificate_ends_at=NOW + 2 * DAY), "ok", "bad"),
        (URL, replace(SOUND, status=502, scim=False), "bad", "ok"),
        (URL, replace(SOUND, scim=False), "bad", "ok"),
        ("http://sync.example.com", replace(SOUND, certificate_ends_at=None), "ok", "bad"),
        ("http://127.0.0.1:8080", replace(SOUND, certificate_ends_at=None), "ok", "warn"),
    ],
)
def test_the_public_address_and_its_tls(url: str, visit: Visit, address: str, tls: str) -> None:
    assert {"public address": address, "tls": tls} == levels(list(address_findings(url, visit, NOW)))


def test_an_address_nobody_reaches_says_why() -> None:
    (found,) = address_findings(URL, Visit(status=None, fault="its name cannot be resolved"), NOW)

    assert (Level.BAD, f"{URL} cannot be reached from here: its name cannot be resolved.") == (
        found.level,
        found.says,
    )


@pytest.mark.parametrize(("skew", "level"), [(0, "ok"), (5_000, "ok"), (6_000, "warn"), (-61_000, "bad")])
def test_a_clock_that_goes_wrong(skew: int, level: str) -> None:
    assert level == clock_finding(Visit(status=404, date=NOW, seen_at=NOW + skew), "acme").level.value


def test_hubspot_out_of_reach_is_bad() -> None:
    assert Level.BAD is clock_finding(Visit(status=None, fault="no connection could be made"), "acme").level


def token(days: float | None, *, revoked: bool = False) -> Token:
    return Token(
        id="abcdefghij",
        tenant_id=TenantId("t"),
        fingerprint=bytes(32),
        description="",
        created_at=0,
        created_by="test",
        expires_at=None if days is None else NOW + int(days * DAY),
        revoked_at=NOW if revoked else None,
        last_used_at=None,
        last_used_from=None,
    )


@pytest.mark.parametrize(
    ("days", "level", "said"),
    [
        (None, "ok", "none ends within 30 days"),
        (31, "ok", "none ends within 30 days"),
        (30, "warn", "within 30 days"),
        (7, "warn", "within 7 days"),
        (1, "bad", "within 1 day."),
        (0.1, "bad", "within 1 day."),
        (-1, "warn", "no valid token"),
    ],
)
def test_a_token_that_ends_is_named_in_time(days: float | None, level: str, said: str) -> None:
    (found,) = token_findings("acme", [token(days)], NOW)

    assert level == found.level.value
    assert said in found.says


def test_a_revoked_token_is_no_token() -> None:
    (found,) = token_findings("acme", [token(None, revoked=True)], NOW)

    assert "no valid token" in found.says


@pytest.mark.parametrize(
    ("given", "check", "level"),
    [
        ({}, "database", "ok"),
        ({"fault": "row 3 missing from index"}, "database", "bad"),
        ({"revision": "0000"}, "revision", "bad"),
        ({"log_size": LONG_LOG + 1}, "write-ahead log", "warn"),
        ({"size": None, "log_size": None, "backend": "postgresql"}, "database", "ok"),
    ],
)
def test_the_database(given: dict[str, object], check: str, level: str) -> None:
    assert level == levels(list(database_findings(condition(**given))))[check]


@pytest.mark.parametrize(("free", "level"), [(10 << 30, "ok"), (500 << 20, "warn"), (50 << 20, "bad")])
def test_the_room_on_the_disk(free: int, level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        def __init__(self) -> None:
            self.free = free

    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage())

    assert level == disk_finding(tmp_path).level.value


def test_who_may_look_into_the_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert Level.OK is folder_finding(tmp_path).level

    tmp_path.chmod(0o750)
    found = folder_finding(tmp_path)

    assert (Level.WARN, f"Run `chmod 700 {tmp_path}`.") == (found.level, found.fix)


def test_who_may_read_the_key(tmp_path: Path) -> None:
    key = tmp_path / "secret.key"
    key.touch(0o600)
    here = condition(key_place=str(key))
    assert {"key": "ok"} == levels(list(key_findings(here, tmp_path)))

    key.chmod(0o640)

    assert {"key": "bad"} == levels(list(key_findings(here, tmp_path)))
    assert stat.S_IRGRP & key.stat().st_mode


def test_a_rotation_that_stopped_half_way_is_named(tmp_path: Path) -> None:
    found = list(key_findings(condition(is_rotating=True), tmp_path))

    assert ["Run `syncline key rotate` again to finish it."] == [each.fix for each in found if each.fix]
