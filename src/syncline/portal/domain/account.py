"""A HubSpot account and its set-up: tier, sign-on, invitations, permission sets, teams and flags."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from syncline.clock import Milliseconds

MINUTE = 60_000


class Tier(StrEnum):
    """The subscription, as far as limits and features hang on it."""

    FREE = "free"
    STARTER = "starter"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"

    @property
    def allows_scim(self) -> bool:
        """HubSpot's SCIM guide: a Professional or Enterprise account."""
        return self in (Tier.PROFESSIONAL, Tier.ENTERPRISE)


@dataclass(frozen=True, slots=True)
class Invites:
    """When a new user counts as having accepted the invitation: after so many minutes, or never (None)."""

    minutes: int | None

    @classmethod
    def parse(cls, text: str) -> Invites:
        """Read `at-once`, `never` or a number of minutes; `ValueError` says so otherwise."""
        if text == "at-once":
            return cls(0)
        if text == "never":
            return cls(None)
        if text.isascii() and text.isdecimal() and int(text[:8]) <= 527_040 and len(text) <= 8:
            return cls(int(text))
        raise ValueError(f"invites are accepted at-once, never, or after a number of minutes, not {text!r}")

    def __str__(self) -> str:
        if self.minutes is None:
            return "never"
        return str(self.minutes) if self.minutes else "at-once"

    def accepted_at(self, invited_at: Milliseconds) -> Milliseconds | None:
        """Return when an invitation sent at that moment is accepted, or None for never."""
        return None if self.minutes is None else invited_at + self.minutes * MINUTE


Seconds = Annotated[int, msgspec.Meta(ge=0, le=3600)]


class Flags(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Behaviour HubSpot does not document, switchable per account.

    Each flag is a line of `docs/reference/assumptions.md`; the defaults are our best guess, and the other
    values are there so that a client can be tested under them.
    """

    duplicate_create: Literal[409, 400] = 409
    deactivated_listed: bool = True
    removed_owners_archived: bool = False
    roles_available: bool = True
    scim_names_read_only: bool = True
    scim_permissions_read_only: bool = False
    scim_matches_members: bool = True
    scim_delete: Literal["deactivate", "remove"] = "deactivate"
    grants_end_with_access: bool = True
    oauth_rotates_refresh_token: bool = False
    removed_listed_seconds: Seconds = 0
    seat_release_seconds: Seconds = 0
    crm_records_wait: bool = False
    crm_users_available: bool = True

    def having(self, name: str, text: str) -> Flags:
        """Return these flags with one of them set from text; `ValueError` names what it takes."""
        if name not in self.__struct_fields__:
            raise ValueError(f"there is no flag {name}; flags are {', '.join(self.__struct_fields__)}")
        word = {"on": "true", "off": "false"}.get(text, text)
        current = getattr(self, name)
        value = {"true": True, "false": False}.get(word) if isinstance(current, bool) else word
        changed = {**msgspec.structs.asdict(self), name: int(word) if word.isdecimal() else value}
        try:
            return msgspec.convert(changed, Flags)
        except msgspec.ValidationError:
            takes = "on or off" if isinstance(current, bool) else _CHOICES[name]
            raise ValueError(f"flag {name} takes {takes}, not {text!r}") from None


_A_WHILE = "a number of seconds from 0 to 3600"
_CHOICES = {
    "duplicate_create": "409 or 400",
    "scim_delete": "deactivate or remove",
    "removed_listed_seconds": _A_WHILE,
    "seat_release_seconds": _A_WHILE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionSet:
    """A named bundle of permissions; `paid` ones carry the seat `seat` and need `settings.billing.write`."""

    id: str
    name: str
    paid: bool = False
    super_admin: bool = False
    seat: str | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """A team a user can have as the primary one or as a further one; it may lie below another."""

    id: str
    name: str
    parent_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One HubSpot account (a *portal*, a *hub*) and its settings.

    `role_sync` is the account's own switch for permission-set management. With `seats_pricing` seats are given to
    users and never come with a permission set (HubSpot's SCIM guide).
    """

    portal_id: int
    name: str
    account_type: str = "STANDARD"
    tier: Tier = Tier.ENTERPRISE
    sso: bool = True
    role_sync: bool = True
    invites: Invites = Invites(0)
    time_zone: str = "UTC"
    currency: str = "USD"
    flags: Flags = field(default_factory=Flags)
    created_at: Milliseconds = 0
    seats_pricing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """An account with what its users can be given: permission sets, teams, seats and verified domains."""

    account: Account
    permission_sets: tuple[PermissionSet, ...]
    teams: tuple[Team, ...]
    domains: frozenset[str]
    seat_names: tuple[str, ...] = ()
    role_sync_enabled: bool = True
    """What the deployed project's scim component says; an account from before projects has none and says yes."""

    @property
    def role_sync(self) -> bool:
        """Whether SCIM roles choose permission sets: the project must say so, and the account allow it."""
        return self.role_sync_enabled and self.account.role_sync

    def permission_set(self, set_id: str) -> PermissionSet | None:
        """Return the set of that id."""
        return next((one for one in self.permission_sets if one.id == set_id), None)

    def team(self, team_id: str) -> Team | None:
        """Return the team of that id."""
        return next((one for one in self.teams if one.id == team_id), None)

    @property
    def seats_of_sets(self) -> dict[str, str]:
        """The seat each permission set gives, by id; none does under seats-based pricing."""
        if self.account.seats_pricing:
            return {}
        return {one.id: one.seat for one in self.permission_sets if one.seat is not None}

    def grants_super_admin(self, set_ids: tuple[str, ...]) -> bool:
        """Tell whether one of these sets makes its holder a super admin."""
        return any(one.super_admin for one in self.permission_sets if one.id in set_ids)
