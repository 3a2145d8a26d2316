from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.delivery import FAILING_FROM
from syncline.gateway.domain.grant import StaticToken
from syncline.gateway.domain.health import HOUR, Health
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.notices import DAY, NOTICES, NoticeKind
from syncline.gateway.domain.rules import Rule, RuleKind
from syncline.gateway.domain.tenant import Policy, TenantId
from syncline.gateway.services.conditions import Known, conditions_of, named_ids
from syncline.gateway.services.ports import Connection, Event, Token, Totals

NOW = 1_800_000_000_000


def connection(health: Health, lasted: int = 2 * HOUR) -> Connection:
    return Connection(
        tenant_id=TenantId("t1"),
        portal_id=7,
        base_url="https://api.hubapi.com",
        credential=StaticToken("pat-secret"),
        scim_base_url=None,
        scim_token=None,
        account=None,
        account_read_at=None,
        trouble="X",
        trouble_detail="HubSpot is away.",
        health=health,
        health_since=NOW - lasted,
    )


def known(
    *, held: dict[str, int] | None = None, failing: int = 0, last: int | None = NOW, **changes: Any
) -> Known:
    totals = Totals(
        users=9,
        groups=0,
        in_step=0,
        waiting=0,
        retrying=failing,
        failing=failing,
        held=held or {},
        last_contact_at=last,
    )
    return Known(**{"tenant": "acme", "connection": connection(Health.HEALTHY), "totals": totals, **changes})


def kinds(known: Known) -> list[NoticeKind]:
    return [each.kind for each in conditions_of(known, NOW)]


def token(ends_in: int | None, **changes: Any) -> Token:
    given = {
        "id": "abc",
        "tenant_id": TenantId("t1"),
        "fingerprint": b"",
        "description": "",
        "created_at": 0,
        "created_by": "anna",
        "expires_at": None if ends_in is None else NOW + ends_in,
        "revoked_at": None,
        "last_used_at": None,
        "last_used_from": None,
    }
    return Token(**{**given, **changes})


@pytest.mark.parametrize(
    ("health", "lasted", "expected"),
    [
        (Health.HEALTHY, DAY, []),
        (Health.DEGRADED, HOUR - 1, []),
        (Health.DEGRADED, HOUR, [NoticeKind.DEGRADED]),
        (Health.QUARANTINED, HOUR, [NoticeKind.DEGRADED, NoticeKind.QUARANTINED]),
        (Health.HELD, 0, [NoticeKind.HELD]),
        (Health.RECONNECT_NEEDED, 0, [NoticeKind.RECONNECT_NEEDED]),
    ],
)
def test_a_connection_is_told_by_how_it_is_and_how_long(
    health: Health, lasted: int, expected: list[NoticeKind]
) -> None:
    assert expected == kinds(known(connection=connection(health, lasted)))


def test_what_was_told_to_fail_does_not_end_by_a_resume() -> None:
    resumed = connection(Health.DEGRADED, 0)

    assert [] == kinds(known(connection=resumed))
    assert [NoticeKind.DEGRADED] == kinds(known(connection=resumed, told=frozenset({NoticeKind.DEGRADED})))


@pytest.mark.parametrize(
    ("silent", "allowed", "expected"),
    [
        (80 * 60_000, 80 * 60_000, []),
        (80 * 60_000 + 1, 80 * 60_000, [NoticeKind.SILENCE]),
        (30 * DAY, None, []),
    ],
)
def test_a_silence_is_told_past_what_is_usual(
    silent: int, allowed: int | None, expected: list[NoticeKind]
) -> None:
    assert expected == kinds(known(last=NOW - silent, silence_allowed=allowed))


def test_somebody_who_was_never_here_is_not_silent() -> None:
    assert [] == kinds(known(last=None, silence_allowed=HOUR))


@pytest.mark.parametrize(
    ("left", "subjects"),
    [
        (31 * DAY, []),
        (30 * DAY, ["abc:30"]),
        (7 * DAY, ["abc:7"]),
        (DAY, ["abc:1"]),
        (0, []),
        (None, []),
    ],
)
def test_a_token_is_told_at_each_of_its_warnings(left: int | None, subjects: list[str]) -> None:
    conditions = conditions_of(known(tokens=[token(left)]), NOW)

    assert subjects == [each.subject for each in conditions]


def test_a_revoked_token_is_nobodys_concern() -> None:
    assert [] == kinds(known(tokens=[token(DAY, revoked_at=NOW - 1)]))


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (HoldReason.STAGED_DELETION, [NoticeKind.STAGED_LEAVERS]),
        (HoldReason.PRIVILEGED_GRANT, [NoticeKind.PRIVILEGED_GRANTS]),
        (HoldReason.PERMISSION_SET_MISSING, [NoticeKind.MISSING_SET]),
        (HoldReason.TEAM_MISSING, [NoticeKind.MISSING_SET]),
        (HoldReason.REFUSED_BY_HUBSPOT, [NoticeKind.REFUSED_PEOPLE]),
        (HoldReason.RETRIES_EXHAUSTED, [NoticeKind.REFUSED_PEOPLE]),
        (HoldReason.PLAN_MODE, []),
        (HoldReason.PROTECTED, []),
    ],
)
def test_people_who_wait_for_a_person_are_told_by_number(
    reason: HoldReason, expected: list[NoticeKind]
) -> None:
    conditions = conditions_of(known(held={reason.value: 6}), NOW)

    assert expected == [each.kind for each in conditions]
    assert [True] * len(expected) == ["People waiting: 6." in each.says for each in conditions]


def test_people_who_keep_failing_are_told_unless_the_connection_is_to_blame() -> None:
    (condition,) = conditions_of(known(failing=2), NOW)

    assert NoticeKind.FAILING_PEOPLE is condition.kind
    assert f"2 people at least {FAILING_FROM} times" in condition.says
    assert [] == kinds(known(failing=2, connection=connection(Health.DEGRADED, 0)))


@pytest.mark.parametrize(("used", "age", "expected"), [(True, DAY, 1), (False, DAY, 0), (True, 8 * DAY, 0)])
def test_a_renamed_set_is_told_when_a_rule_names_it(*, used: bool, age: int, expected: int) -> None:
    event = Event(
        seq=3,
        at=NOW - age,
        correlation_id="",
        kind="account.permission-set-renamed",
        subject=None,
        summary="The permission set 'Sales' (1) is now called 'Sales EU'",
        detail={"id": "1", "before": "Sales", "after": "Sales EU"},
    )
    rule = Rule(
        id="r1", position=1, kind=RuleKind.ROLE, match="Seller", permission_set_id="1" if used else "2"
    )

    told = known(renames=[event], named=named_ids([rule], Policy()))

    assert [NoticeKind.RENAMED_SET] * expected == kinds(told)


def test_every_kind_of_notice_comes_from_some_condition() -> None:
    held = {reason.value: 1 for reason in HoldReason}
    rename = Event(
        seq=1,
        at=NOW,
        correlation_id="",
        kind="account.team-deleted",
        subject=None,
        summary="",
        detail={"id": "7", "after": None},
    )
    everything = [
        known(
            held=held,
            failing=1,
            tokens=[token(DAY)],
            renames=[rename],
            named=frozenset("7"),
            last=0,
            silence_allowed=1,
        ),
        *(known(connection=connection(health)) for health in Health),
    ]

    assert set(NOTICES) == {kind for each in everything for kind in kinds(each)}
