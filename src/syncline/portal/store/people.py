"""What the commands on users share: finding a person in an account, and writing what became of them."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from syncline.clock import Milliseconds
from syncline.portal.domain.account import SetUp
from syncline.portal.domain.emails import email_key
from syncline.portal.domain.scim_user import in_step
from syncline.portal.domain.user import AccountUser, ScimState, scim_id_of
from syncline.portal.store.activity import note_changes
from syncline.portal.store.grants import end_grants
from syncline.portal.store.mapping import set_up_from, user_from, user_row
from syncline.portal.store.numbers import next_number
from syncline.portal.store.seats import count_seats
from syncline.portal.store.tables import (
    account_users,
    accounts,
    domains,
    identities,
    permission_sets,
    scim_apps,
    scim_resources,
    seats,
    teams,
)
from syncline.sql.rows import Need, Rows

UserKey = int | str
"""Who is meant: a HubSpot user id, or an e-mail address in any case."""


def set_up_needs(portal_id: int) -> Iterable[Need]:
    """Return what `set_up` reads."""
    return [
        Need(table, ("portal_id",), (portal_id,))
        for table in (accounts, permission_sets, teams, domains, seats, scim_apps)
    ]


def set_up(rows: Rows, portal_id: int) -> SetUp:
    """Return the account, which must exist, and what its users can be given."""
    (account,) = rows.find(accounts, portal_id=portal_id)
    return set_up_from(
        account,
        rows.find(permission_sets, portal_id=portal_id),
        rows.find(teams, portal_id=portal_id),
        rows.find(domains, portal_id=portal_id),
        rows.find(seats, portal_id=portal_id),
        rows.get(scim_apps, portal_id),
    )


def user_needs(portal_id: int, key: UserKey) -> Iterable[Need]:
    """Return what `find_user` surely reads."""
    if isinstance(key, int):
        return [Need(account_users, ("portal_id", "user_id"), (portal_id, key))]
    return [Need(identities, ("email_key",), (email_key(key),))]


def find_user(rows: Rows, portal_id: int, key: UserKey) -> AccountUser | None:
    """Return the user, removed ones included; None for somebody the account never had."""
    if isinstance(key, str):
        found = rows.find(identities, email_key=email_key(key))
        if not found:
            return None
        key = found[0]["user_id"]
    row = rows.get(account_users, portal_id, key)
    return None if row is None else user_from(row)


def newcomer(rows: Rows, portal_id: int, email: str, now: Milliseconds) -> AccountUser:
    """Return a user as yet without anything, under the identity the e-mail has or now gets."""
    found = rows.find(identities, email_key=email_key(email))
    if found:
        user_id = found[0]["user_id"]
    else:
        user_id = next_number(rows, "user")
        rows.insert(
            identities, {"user_id": user_id, "email": email, "email_key": email_key(email), "password": None}
        )
    return AccountUser(
        portal_id=portal_id,
        id=user_id,
        email=email,
        owner_id=next_number(rows, "owner"),
        record_id=next_number(rows, "record"),
        scim_id=scim_id_of(portal_id, user_id),
        created_at=now,
        updated_at=now,
    )


def active_super_admins(rows: Rows, portal_id: int) -> int:
    """Return how many super admins of the account may sign in."""
    found = rows.find(account_users, portal_id=portal_id, super_admin=True)
    return sum(row["removed_at"] is None and row["deactivated_at"] is None for row in found)


def is_on_a_hub(rows: Rows, user: AccountUser, now: Milliseconds) -> bool:
    """Tell whether the person has accepted the invitation of any account."""
    return any(user_from(row).has_accepted(now) for row in rows.find(account_users, user_id=user.id))


def save(
    rows: Rows, before: AccountUser | None, after: AccountUser, *, actor: int | None = None
) -> AccountUser:
    """Write a user changed in the account itself; what SCIM holds about them is kept in step.

    `actor` is who did it, None for a super admin by hand. `ValidationError` when it takes a seat and none is left.
    """
    if after == before:
        return after
    _write(rows, before, after, actor)
    if before is not None and before.scim is ScimState.MANAGED:
        _align_document(rows, after)
    return after


def save_provisioned(
    rows: Rows,
    before: AccountUser | None,
    after: AccountUser,
    document: bytes,
    external_id: str | None,
    *,
    actor: int | None = None,
) -> None:
    """Write a user whom SCIM created or changed, and what it said. Errors as of `save`."""
    _write(rows, before, after, actor)
    columns = {"external_id": external_id, "document": document.decode()}
    if before is not None and before.scim is ScimState.MANAGED:
        rows.update(scim_resources, (after.portal_id, after.id), **columns)
    else:
        rows.insert(scim_resources, {"portal_id": after.portal_id, "user_id": after.id, **columns})


def _write(rows: Rows, before: AccountUser | None, after: AccountUser, actor: int | None) -> None:
    count_seats(rows, before, after, after.updated_at)
    note_changes(rows, before, after, actor=actor)
    row = user_row(after)
    if before is None:
        rows.insert(account_users, row)
        return
    if before.active and not after.active:
        end_grants(rows, after)
    changes = {name: value for name, value in row.items() if name not in ("portal_id", "user_id")}
    rows.update(account_users, (after.portal_id, after.id), **changes)
    if after.email != before.email:
        _rename(rows, after)


def _rename(rows: Rows, user: AccountUser) -> None:
    """Give the identity its new e-mail, in every account that has it."""
    rows.update(identities, (user.id,), email=user.email, email_key=email_key(user.email))
    for row in rows.find(account_users, user_id=user.id):
        if row["email"] != user.email:
            rows.update(account_users, (row["portal_id"], user.id), email=user.email)


def _align_document(rows: Rows, user: AccountUser) -> None:
    row = rows.get(scim_resources, user.portal_id, user.id)
    if row is None:
        return
    if user.scim is not ScimState.MANAGED:
        rows.delete(scim_resources, user.portal_id, user.id)
        return
    aligned = orjson.dumps(in_step(orjson.loads(row["document"]), user)).decode()
    if aligned != row["document"]:
        rows.update(scim_resources, (user.portal_id, user.id), document=aligned)
