from __future__ import annotations

import pytest

from syncline.gateway.domain.errors import Invalid
from syncline.gateway.domain.operators import (
    EVERYWHERE,
    MATRIX,
    MEANING,
    Access,
    Permission,
    Role,
    check_email,
    check_password,
    read_role,
)
from syncline.gateway.domain.sessions import FRESH_LIFE, IDLE_LIFE, MINUTE, SESSION_LIFE, Session

NOW = 1_800_000_000_000
CHANGES = {Permission.APPROVE, Permission.DELIVER, Permission.SET_UP, Permission.PEOPLE, Permission.TENANTS}


def session(**instead: int) -> Session:
    moments = {"begun_at": NOW, "fresh_at": NOW, "seen_at": NOW, **instead}
    return Session(id="s", operator_id="o", client=None, user_agent="", **moments)


def test_every_role_is_in_the_matrix_and_every_permission_is_explained() -> None:
    assert set(Role) == set(MATRIX)
    assert set(Permission) == set(MEANING)


def test_an_owner_may_do_everything_and_only_he_manages_people() -> None:
    assert frozenset(Permission) == MATRIX[Role.OWNER]
    assert [Role.OWNER] == [role for role in Role if Permission.PEOPLE in MATRIX[role]]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
def test_who_only_looks_changes_nothing(role: Role) -> None:
    assert frozenset() == MATRIX[role] & CHANGES


def test_everybody_sees_what_he_is_there_for() -> None:
    assert all(Permission.VIEW in held for held in MATRIX.values())


def test_a_role_for_one_tenant_says_nothing_of_another() -> None:
    access = Access({"t1": Role.OWNER})

    assert access.may(Permission.SET_UP, "t1")
    assert not access.may(Permission.VIEW, "t2")
    assert not access.may(Permission.VIEW)


def test_a_role_everywhere_counts_for_each_tenant_and_the_greater_one_wins() -> None:
    access = Access({EVERYWHERE: Role.VIEWER, "t1": Role.APPROVER})

    assert access.may(Permission.VIEW, "t2")
    assert access.may(Permission.APPROVE, "t1")
    assert not access.may(Permission.APPROVE, "t2")
    assert [Role.APPROVER, Role.VIEWER] == [access.role_for("t1"), access.role_for("t2")]


def test_nobody_without_a_role_may_do_anything() -> None:
    assert not any(Access().may(permission, "t1") for permission in Permission)


@pytest.mark.parametrize(
    "email", ["", "ada", "@acme.example", "ada@", "a da@acme.example", "a@b\u202e", "a" * 300]
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(Invalid):
        check_email(email)


@pytest.mark.parametrize("password", ["short", "x" * 12, "x" * 201, "Ada@acme.example"])
def test_a_password_that_is_guessed_in_a_moment_is_refused(password: str) -> None:
    with pytest.raises(Invalid):
        check_password(password, "ada@acme.example")


def test_a_sentence_is_a_good_password() -> None:
    assert "rain falls on tin roofs" == check_password("rain falls on tin roofs", "ada@acme.example")


def test_a_role_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(Invalid, match="owner, administrator, approver, auditor, viewer"):
        read_role("god")


def test_a_session_lasts_eight_hours_at_most_and_half_an_hour_without_use() -> None:
    in_use = session(seen_at=NOW + SESSION_LIFE)

    assert session().is_alive(NOW + IDLE_LIFE - 1)
    assert not session().is_alive(NOW + IDLE_LIFE)
    assert in_use.is_alive(NOW + SESSION_LIFE - 1)
    assert not in_use.is_alive(NOW + SESSION_LIFE)


def test_a_sign_in_is_fresh_for_ten_minutes() -> None:
    assert 10 * MINUTE == FRESH_LIFE
    assert session().is_fresh(NOW + FRESH_LIFE - 1)
    assert not session().is_fresh(NOW + FRESH_LIFE)
