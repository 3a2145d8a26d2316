"""Changes of users by native SCIM. Errors are `ScimError`s."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import orjson

from syncline.clock import Milliseconds
from syncline.portal.domain import scim_user
from syncline.portal.domain.account import SetUp
from syncline.portal.domain.emails import email_key
from syncline.portal.domain.errors import ValidationError
from syncline.portal.domain.user import AccountUser, ScimState, removed, returning, stamped, with_access
from syncline.portal.store.mapping import user_from
from syncline.portal.store.people import (
    active_super_admins,
    find_user,
    newcomer,
    save,
    save_provisioned,
    set_up,
    set_up_needs,
)
from syncline.portal.store.tables import account_users, identities, scim_resources
from syncline.scim.errors import InvalidValue, NotFound, PreconditionFailed, Uniqueness
from syncline.scim.json import encode
from syncline.scim.resource import Resource
from syncline.scimserver import Stored
from syncline.sql.rows import Need, Row, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """Create a user, or convert the member who has this e-mail already. `Uniqueness` if SCIM manages them."""

    portal_id: int
    resource: Resource
    now: Milliseconds
    actor: int | None = None

    def prefetch(self) -> Iterable[Need]:
        key = email_key(self.resource["userName"].strip())
        return [*set_up_needs(self.portal_id), Need(identities, ("email_key",), (key,))]

    def apply(self, rows: Rows) -> Stored:
        setup = set_up(rows, self.portal_id)
        scim_user.check_account(setup)
        email = scim_user.check_email(self.resource, setup)
        known = find_user(rows, self.portal_id, email)
        if known is not None and known.present and known.scim is ScimState.MANAGED:
            raise Uniqueness(f"A user with the userName {email} is provisioned through SCIM already.")
        user = known or newcomer(rows, self.portal_id, email, self.now)
        if not user.present:
            user = returning(user)
        return _provision(rows, known, user, self.resource, None, setup, self.now, self.actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """Change the user of a SCIM id to what `change` makes of the resource; a member is converted by it.

    `if_match` is the only revision that may be changed, None for any.
    """

    portal_id: int
    scim_id: str
    change: Callable[[Resource], Resource]
    if_match: int | None
    now: Milliseconds
    actor: int | None = None

    def prefetch(self) -> Iterable[Need]:
        return [*set_up_needs(self.portal_id), _by_scim_id(self.portal_id, self.scim_id)]

    def apply(self, rows: Rows) -> Stored:
        setup = set_up(rows, self.portal_id)
        user = _visible(rows, setup, self.scim_id)
        _check_revision(user, self.if_match)
        row = rows.get(scim_resources, self.portal_id, user.id)
        current = scim_user.resource_of(user) if row is None else orjson.loads(row["document"])
        wanted = self.change(current)
        if row is not None and wanted == current:
            return stored(user, row["document"].encode())
        before = None if row is None else current
        if before is None or email_key(wanted["userName"]) != email_key(user.email):
            scim_user.check_email(wanted, setup)
        _check_free(rows, user, wanted["userName"].strip())
        return _provision(rows, user, user, wanted, before, setup, self.now, self.actor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Delete the SCIM user; by the account's flag the HubSpot user is deactivated or removed with it."""

    portal_id: int
    scim_id: str
    if_match: int | None
    now: Milliseconds
    actor: int | None = None

    def prefetch(self) -> Iterable[Need]:
        return [*set_up_needs(self.portal_id), _by_scim_id(self.portal_id, self.scim_id)]

    def apply(self, rows: Rows) -> None:
        setup = set_up(rows, self.portal_id)
        user = _visible(rows, setup, self.scim_id)
        _check_revision(user, self.if_match)
        if setup.account.flags.scim_delete == "remove":
            after = removed(user, self.now)
        else:
            released = replace(user, scim=ScimState.RELEASED)
            after = stamped(user, with_access(released, active=False, now=self.now), self.now)
        _guard_super_admin(rows, user, after)
        save(rows, user, after, actor=self.actor)


def stored(user: AccountUser, document: bytes | None) -> Stored:
    """Return what the SCIM endpoint shows of a user; `document` is None for one SCIM does not manage."""
    text = encode(scim_user.resource_of(user)) if document is None else document
    return Stored(
        id=user.scim_id,
        version=user.revision,
        created_at=user.created_at,
        modified_at=user.updated_at,
        document=text,
    )


def no_such_user(scim_id: str) -> NotFound:
    """Return the answer for an id that names nobody SCIM may see."""
    return NotFound(f"There is no user with the id {scim_id[:100]}.")


def may_see(user: AccountUser, setup: SetUp) -> bool:
    """Tell whether SCIM sees this user: the managed ones, and by the account's flag every other member."""
    if user.scim is ScimState.MANAGED:
        return user.present
    return user.scim_visible and setup.account.flags.scim_matches_members


def _by_scim_id(portal_id: int, scim_id: str) -> Need:
    return Need(account_users, ("portal_id", "scim_id"), (portal_id, scim_id))


def _visible(rows: Rows, setup: SetUp, scim_id: str) -> AccountUser:
    found: list[Row] = rows.find(account_users, portal_id=setup.account.portal_id, scim_id=scim_id)
    user = user_from(found[0]) if found else None
    if user is None or not may_see(user, setup):
        raise no_such_user(scim_id)
    return user


def _check_revision(user: AccountUser, if_match: int | None) -> None:
    if if_match is not None and if_match != user.revision:
        raise PreconditionFailed("The user has changed since the version named in If-Match.")


def _check_free(rows: Rows, user: AccountUser, email: str) -> None:
    found = rows.find(identities, email_key=email_key(email))
    if found and found[0]["user_id"] != user.id:
        raise Uniqueness(f"The e-mail address {email} belongs to another HubSpot user.")


def _guard_super_admin(rows: Rows, before: AccountUser, after: AccountUser) -> None:
    if before.super_admin:
        scim_user.check_super_admins(before, after, active_super_admins(rows, before.portal_id))


def _provision(
    rows: Rows,
    known: AccountUser | None,
    user: AccountUser,
    resource: Resource,
    before: Resource | None,
    setup: SetUp,
    now: Milliseconds,
    actor: int | None,
) -> Stored:
    after = scim_user.provisioned(user, resource, before, setup, now)
    _guard_super_admin(rows, user, after)
    if known is not None:
        after = replace(after, revision=known.revision + 1, updated_at=max(now, known.updated_at))
    document = encode({**resource, "active": after.active})
    try:
        save_provisioned(rows, known, after, document, resource.get("externalId"), actor=actor)
    except ValidationError as refused:
        raise InvalidValue(refused.message) from None
    return stored(after, document)
