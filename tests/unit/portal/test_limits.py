"""Rate limits: the rolling ten seconds, and the day of the account."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.portal.domain.account import Account, Tier
from syncline.portal.domain.errors import RateLimited
from syncline.portal.domain.limits import ALLOWANCES, DailyCount, RollingWindow, zone_named
from syncline.portal.domain.tokens import Grant, TokenKind
from syncline.portal.web.ratelimit import Limiter

GRANT = Grant(1, "token", TokenKind.API, frozenset())


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@given(st.lists(st.integers(0, 3000), max_size=200), st.integers(1, 20))
def test_no_ten_seconds_ever_hold_more_than_the_limit(gaps: list[int], limit: int) -> None:
    window, now = RollingWindow(), 0
    admitted: list[int] = []
    for gap in gaps:
        now += gap
        left = window.admit(now, limit)
        recent = [at for at in admitted if at > now - 10_000]
        assert (left is None) is (len(recent) >= limit)
        if left is not None:
            admitted.append(now)
            assert limit - len(recent) - 1 == left


def test_a_refused_call_does_not_count() -> None:
    window = RollingWindow()

    assert [0, None, None] == [window.admit(0, 1) for _ in range(3)]
    assert window.admit(10_000, 1) == 0


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("UTC", "2026-11-21T23:59:59.999", "2026-11-22T00:00:00"),
        ("America/New_York", "2026-11-22T04:59:59.999", "2026-11-22T05:00:00"),
        ("Asia/Kolkata", "2026-11-21T18:29:59.999", "2026-11-21T18:30:00"),
    ],
)
def test_the_day_begins_at_midnight_in_the_accounts_time_zone(zone: str, before: str, after: str) -> None:
    today = DailyCount()
    today.used(moment(before), zone_named(zone))
    today.count()

    assert 1 == today.used(moment(before), zone_named(zone))
    assert 0 == today.used(moment(after), zone_named(zone))


def test_an_unknown_time_zone_is_refused() -> None:
    for name in ("Mars/Olympus", "", "../etc/passwd"):
        with pytest.raises(ValueError, match="no time zone"):
            zone_named(name)


def test_past_the_daily_limit_every_token_of_the_account_is_refused_by_that_policy() -> None:
    account = Account(portal_id=1, name="acme", tier=Tier.FREE)
    limiter, now = Limiter(), 0
    for number in range(ALLOWANCES[Tier.FREE].per_day):
        now = number * 100
        headers = limiter.admit(GRANT, account, now)
    assert "0" == headers["X-HubSpot-RateLimit-Daily-Remaining"]

    with pytest.raises(RateLimited) as refused:
        limiter.admit(Grant(1, "another", TokenKind.API, frozenset()), account, now + 1)

    body = refused.value.envelope("c0ffee")
    assert ("DAILY", "You have reached your daily limit.") == (body["policyName"], body["message"])
    other = Account(portal_id=2, name="other", tier=Tier.FREE)
    assert limiter.admit(Grant(2, "third", TokenKind.API, frozenset()), other, now)
    assert limiter.admit(GRANT, account, now + 86_400_000)
