"""What users are and become, decided without a store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syncline.portal.domain.emails import domain_of, email_key, is_email
from syncline.portal.domain.tokens import TokenKind, fingerprint, mint
from syncline.portal.domain.user import (
    AccountUser,
    ScimState,
    Standing,
    removed,
    returning,
    scim_id_of,
    stamped,
    with_access,
)

USER = AccountUser(
    portal_id=1,
    id=7,
    email="ada@acme.example",
    owner_id=9,
    record_id=1,
    scim_id=scim_id_of(1, 7),
    created_at=100,
    updated_at=100,
    first_name="Ada",
    permission_set_ids=("3",),
    primary_team_id="5",
    secondary_team_ids=("6",),
    super_admin=True,
    scim=ScimState.MANAGED,
    accepts_at=200,
)


@pytest.mark.parametrize(
    ("user", "now", "standing"),
    [
        (USER, 199, Standing.INVITED),
        (USER, 200, Standing.ACTIVE),
        (replace(USER, accepts_at=None), 10**12, Standing.INVITED),
        (replace(USER, deactivated_at=150), 300, Standing.DEACTIVATED),
        (removed(USER, 150), 300, Standing.REMOVED),
    ],
)
def test_where_a_user_stands_follows_from_moments(user: AccountUser, now: int, standing: Standing) -> None:
    assert standing is user.standing(now)


def test_what_comes_back_of_a_removed_user_is_who_it_was() -> None:
    gone = removed(USER, 300)
    back = returning(gone)

    assert (USER.id, USER.owner_id, USER.record_id, USER.scim_id, "Ada") == (
        back.id,
        back.owner_id,
        back.record_id,
        back.scim_id,
        back.first_name,
    )
    assert ((), None, (), (), False, ScimState.MEMBER) == (
        back.permission_set_ids,
        back.primary_team_id,
        back.secondary_team_ids,
        back.seat_names,
        back.super_admin,
        back.scim,
    )
    assert (300, 300, USER.revision + 1) == (gone.removed_at, gone.updated_at, gone.revision)
    assert back.present
    assert USER is returning(USER)


def test_a_second_deactivation_keeps_the_moment_of_the_first() -> None:
    once = with_access(USER, active=False, now=300)

    assert once == with_access(once, active=False, now=400)
    assert USER == with_access(once, active=True, now=500)


def test_a_change_is_a_new_revision_and_no_change_is_none() -> None:
    assert USER is stamped(USER, replace(USER), 500)
    changed = stamped(USER, replace(USER, last_name="L"), 500)
    assert (USER.revision + 1, 500) == (changed.revision, changed.updated_at)


def test_time_never_runs_backwards_in_a_user() -> None:
    assert USER.updated_at == stamped(USER, replace(USER, last_name="L"), 50).updated_at


def test_scim_ids_are_the_same_for_ever_and_differ_between_people_and_accounts() -> None:
    assert scim_id_of(1, 7) == USER.scim_id
    assert 3 == len({scim_id_of(1, 7), scim_id_of(1, 8), scim_id_of(2, 7)})
    assert "0e97b8a7-f2d3-504a-a853-7ea4a6b03aab" == scim_id_of(48_100_000, 71_300_000)


@pytest.mark.parametrize(
    "text", ["a@b.example", "o'hara+x@sub.b.example", "jürgen@b.example", "a@bücher.example"]
)
def test_these_are_emails(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@b.example", "a@b", "a@b..example", "a@.example", "a@b.", "a b@c.example", "a@b@c.example",
     "a\x00@b.example", "x" * 65 + "@b.example", "a@" + "b." * 130 + "example"],
)  # fmt: skip
def test_these_are_no_emails(text: str) -> None:
    assert not is_email(text)


def test_case_makes_no_difference_to_an_email() -> None:
    assert email_key("Ada@ACME.example") == email_key("ada@acme.EXAMPLE")
    assert "acme.example" == domain_of("Ada@ACME.example")


def test_credentials_differ_by_kind_and_are_kept_as_fingerprints() -> None:
    minted = {kind: mint(kind, bytes(range(32))) for kind in TokenKind}

    assert {"pat-na1-00010203-0405-4607-8809-0a0b0c0d0e0f"} == {minted[TokenKind.API]}
    assert minted[TokenKind.SCIM].startswith("pat-na1-scim-")
    assert minted[TokenKind.PERSONAL].startswith("pak-na1-")
    assert len(TokenKind) == len({fingerprint(token) for token in minted.values()})
    with pytest.raises(ValueError, match="32"):
        mint(TokenKind.API, b"short")
