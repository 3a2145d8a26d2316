"""Accounts: invitations, flags, tiers."""

from __future__ import annotations

import msgspec
import pytest

from syncline.portal.domain.account import Flags, Invites, Tier


@pytest.mark.parametrize(
    ("text", "accepted"), [("at-once", 1000), ("0", 1000), ("2", 121_000), ("never", None)]
)
def test_an_invitation_is_accepted_when_the_account_says(text: str, accepted: int | None) -> None:
    assert accepted == Invites.parse(text).accepted_at(1000)


@pytest.mark.parametrize("text", ["at-once", "never", "30"])
def test_invites_are_written_as_they_are_read(text: str) -> None:
    assert text == str(Invites.parse(text))


@pytest.mark.parametrize("text", ["", "soon", "-1", "1.5", "٣", "9" * 30])
def test_other_invites_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at-once, never"):
        Invites.parse(text)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("duplicate_create", "400", 400),
        ("deactivated_listed", "off", False),
        ("deactivated_listed", "true", True),
        ("scim_delete", "remove", "remove"),
    ],
)
def test_a_flag_is_set_from_text(name: str, text: str, value: object) -> None:
    changed = Flags().having(name, text)

    assert value == getattr(changed, name)
    assert {**msgspec.to_builtins(Flags()), name: value} == msgspec.to_builtins(changed)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("unknown", "on"),
        ("duplicate_create", "409.0"),
        ("duplicate_create", "on"),
        ("deactivated_listed", "1"),
        ("deactivated_listed", "None"),
        ("scim_delete", "off"),
    ],
)
def test_a_flag_says_what_it_takes(name: str, text: str) -> None:
    with pytest.raises(ValueError, match="flag"):
        Flags().having(name, text)


def test_scim_needs_professional_or_enterprise() -> None:
    assert [Tier.PROFESSIONAL, Tier.ENTERPRISE] == [tier for tier in Tier if tier.allows_scim]
