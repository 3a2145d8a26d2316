"""Changes of users: by the public API, and by hand as a super admin makes them in HubSpot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from syncline.clock import Milliseconds
from syncline.portal.domain import provisioning
from syncline.portal.domain.emails import email_key
from syncline.portal.domain.requests import PublicUserUpdate, UserProvisionRequest
from syncline.portal.domain.user import AccountUser, removed, stamped, with_access
from syncline.portal.store.people import (
    UserKey,
    active_super_admins,
    find_user,
    is_on_a_hub,
    newcomer,
    save,
    set_up,
    set_up_needs,
    user_needs,
)
from syncline.portal.store.tables import identities
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateUser:
    """Invite somebody to the account and return the user; the same e-mail always gets the same id.

    `ValidationError` or `ObjectAlreadyExists` as the account's flags say.
    """

    portal_id: int
    request: UserProvisionRequest
    may_bill: bool
    now: Milliseconds
    by_hand: bool = False
    actor: int | None = None

    def prefetch(self) -> Iterable[Need]:
        key = email_key(self.request.email.strip())
        return [*set_up_needs(self.portal_id), Need(identities, ("email_key",), (key,))]

    def apply(self, rows: Rows) -> AccountUser:
        setup = set_up(rows, self.portal_id)
        email = provisioning.check_email(self.request.email)
        provisioning.check_fields(self.request, setup, may_bill=self.may_bill)
        known = find_user(rows, self.portal_id, email)
        provisioning.check_is_new(known, setup)
        blank = known or newcomer(rows, self.portal_id, email, self.now)
        user = provisioning.invited(blank, self.request, setup, self.now, by_hand=self.by_hand)
        after = user if known is None else stamped(known, user, self.now)
        return save(rows, known, after, actor=self.actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateUser:
    """Change what the request names and return the user; `ObjectNotFound`, `ValidationError`.

    `by_hand` is a super admin at the account's own pages.
    """

    portal_id: int
    key: UserKey
    request: PublicUserUpdate
    may_bill: bool
    now: Milliseconds
    by_hand: bool = False
    actor: int | None = None

    def prefetch(self) -> Iterable[Need]:
        return [*set_up_needs(self.portal_id), *user_needs(self.portal_id, self.key)]

    def apply(self, rows: Rows) -> AccountUser:
        user = _present(rows, self.portal_id, self.key)
        setup = set_up(rows, self.portal_id)
        provisioning.check_fields(self.request, setup, may_bill=self.may_bill)
        on_a_hub = not self.request.names_given or is_on_a_hub(rows, user, self.now)
        after = provisioning.updated(
            user, self.request, setup, on_a_hub=on_a_hub, now=self.now, by_hand=self.by_hand
        )
        if user.super_admin and not after.super_admin:
            provisioning.check_removable(user, active_super_admins(rows, self.portal_id))
        return save(rows, user, after, actor=self.actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveUser:
    """Take somebody out of the account; nothing happens for somebody who is not in it."""

    portal_id: int
    key: UserKey
    now: Milliseconds
    actor: int | None = None

    def prefetch(self) -> Iterable[Need]:
        return user_needs(self.portal_id, self.key)

    def apply(self, rows: Rows) -> None:
        user = find_user(rows, self.portal_id, self.key)
        if user is None or not user.present:
            return
        if user.super_admin:
            provisioning.check_removable(user, active_super_admins(rows, self.portal_id))
        save(rows, user, removed(user, self.now), actor=self.actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAccess:
    """Deactivate or reactivate somebody by hand and return the user."""

    portal_id: int
    key: UserKey
    active: bool
    now: Milliseconds
    actor: int | None = None

    def prefetch(self) -> Iterable[Need]:
        return user_needs(self.portal_id, self.key)

    def apply(self, rows: Rows) -> AccountUser:
        user = _present(rows, self.portal_id, self.key)
        if user.super_admin and not self.active:
            provisioning.check_removable(user, active_super_admins(rows, self.portal_id))
        after = stamped(user, with_access(user, active=self.active, now=self.now), self.now)
        return save(rows, user, after, actor=self.actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptInvite:
    """Let somebody accept the invitation now and return the user."""

    portal_id: int
    key: UserKey
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return user_needs(self.portal_id, self.key)

    def apply(self, rows: Rows) -> AccountUser:
        user = _present(rows, self.portal_id, self.key)
        if user.has_accepted(self.now):
            return user
        return save(rows, user, stamped(user, replace(user, accepts_at=self.now), self.now))


def _present(rows: Rows, portal_id: int, key: UserKey) -> AccountUser:
    user = find_user(rows, portal_id, key)
    if user is None or not user.present:
        raise provisioning.not_found(str(key))
    return user
