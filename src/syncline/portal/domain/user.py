"""A person in an account, and where they stand.

Identity is global: one HubSpot user id per e-mail address, kept through removal and shared by accounts.
What an account knows of the person is an `AccountUser`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from enum import StrEnum

from syncline.clock import Milliseconds

_SCIM_IDS = uuid.UUID("4f3c1d52-6d1c-5a0f-9b0e-5f0e3f6e7a11")


class Standing(StrEnum):
    """Where a user of an account stands."""

    INVITED = "invited"
    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    REMOVED = "removed"


class ScimState(StrEnum):
    """What SCIM has to do with a user.

    A member is not provisioned through SCIM but can be matched by it; a managed user is; a released one
    was deleted through SCIM and is invisible there until created again.
    """

    MEMBER = "member"
    MANAGED = "managed"
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUser:
    """One person in one account; `revision` grows with every change.

    `accepts_at` is the moment the invitation is or will be accepted, None for never. A removed user keeps
    the row, so that the same ids return when the e-mail does.
    """

    portal_id: int
    id: int
    email: str
    owner_id: int
    record_id: int
    scim_id: str
    created_at: Milliseconds
    updated_at: Milliseconds
    first_name: str | None = None
    last_name: str | None = None
    permission_set_ids: tuple[str, ...] = ()
    primary_team_id: str | None = None
    secondary_team_ids: tuple[str, ...] = ()
    seat_names: tuple[str, ...] = ()
    super_admin: bool = False
    scim: ScimState = ScimState.MEMBER
    accepts_at: Milliseconds | None = None
    deactivated_at: Milliseconds | None = None
    removed_at: Milliseconds | None = None
    revision: int = 1

    @property
    def present(self) -> bool:
        """Whether the account still has this user, active or not."""
        return self.removed_at is None

    @property
    def active(self) -> bool:
        """Whether this user may sign in once the invitation is accepted."""
        return self.removed_at is None and self.deactivated_at is None

    @property
    def scim_visible(self) -> bool:
        """Whether a search through SCIM may find this user."""
        return self.removed_at is None and self.scim is not ScimState.RELEASED

    def has_accepted(self, now: Milliseconds) -> bool:
        """Tell whether the invitation has been accepted by then."""
        return self.present and self.accepts_at is not None and self.accepts_at <= now

    def standing(self, now: Milliseconds) -> Standing:
        """Return where this user stands at that moment."""
        if not self.present:
            return Standing.REMOVED
        if self.deactivated_at is not None:
            return Standing.DEACTIVATED
        return Standing.ACTIVE if self.has_accepted(now) else Standing.INVITED


def scim_id_of(portal_id: int, user_id: int) -> str:
    """Return the SCIM id of a person in an account: the same for ever, told apart from every other id."""
    return str(uuid.uuid5(_SCIM_IDS, f"{portal_id}/{user_id}"))


def stamped(before: AccountUser, after: AccountUser, now: Milliseconds) -> AccountUser:
    """Return `after` as a new revision, or `before` itself when nothing is different."""
    if after == before:
        return before
    return replace(after, updated_at=max(now, before.updated_at), revision=before.revision + 1)


def removed(user: AccountUser, now: Milliseconds) -> AccountUser:
    """Return what stays of a user who is removed: the ids, and what a list that lags behind goes on showing."""
    return replace(
        user,
        super_admin=False,
        scim=ScimState.MEMBER,
        accepts_at=None,
        deactivated_at=None,
        removed_at=now,
        updated_at=max(now, user.updated_at),
        revision=user.revision + 1,
    )


def returning(user: AccountUser) -> AccountUser:
    """Return somebody who was removed as somebody who comes back: the ids and the name, nothing granted."""
    if user.present:
        return user
    return replace(
        user,
        permission_set_ids=(),
        primary_team_id=None,
        secondary_team_ids=(),
        seat_names=(),
        removed_at=None,
    )


def with_access(user: AccountUser, *, active: bool, now: Milliseconds) -> AccountUser:
    """Return the user activated or deactivated; a deactivation keeps the moment it first had."""
    if active:
        return replace(user, deactivated_at=None)
    return user if user.deactivated_at is not None else replace(user, deactivated_at=now)
