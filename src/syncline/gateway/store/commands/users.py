"""What a SCIM client does to users: create, replace, patch, delete.

Each command writes the resource, its look-up keys, the delivery mark and the event in one transaction. A write that
changes nothing keeps the version and marks nothing, so it costs HubSpot no call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, field

from syncline.gateway.domain.person import EmailChoice, choose_email
from syncline.gateway.services.ports import Cause
from syncline.gateway.store.commands import claims
from syncline.gateway.store.commands.groups import leave_groups
from syncline.gateway.store.commands.journal import advance, count, counters_of, insert_event, record_event
from syncline.gateway.store.commands.seen import count_roles, note_form, note_patch, role_needs
from syncline.gateway.store.records import policy_of
from syncline.gateway.store.tables import counters, deliveries, groups, members, tenants, user_emails, users
from syncline.scim import json
from syncline.scim.errors import NotFound, PreconditionFailed, Uniqueness
from syncline.scim.names import comparison_key
from syncline.scim.patch import Patch, apply_patch
from syncline.scim.resource import Notes, Resource
from syncline.scim.schemas import USER
from syncline.scimserver.store import Reference, Stored
from syncline.sql.rows import Need, Needs, Row, Rows

USER_KIND = "user"


class CreateUser(Struct, frozen=True):
    """Keep a new user under `user_id`. Raises `Uniqueness` when the userName is taken in any case."""

    tenant_id: str
    user_id: str
    resource: Resource
    cause: Cause

    def prefetch(self) -> Iterable[Need | Needs]:
        return self.prefetch_all((self,))

    @classmethod
    def prefetch_all(cls, commands: Sequence[CreateUser]) -> Iterable[Need | Needs]:
        """Return what many creations need."""
        owners = {(each.tenant_id,) for each in commands}
        return (
            Needs(tenants, ("id",), owners),
            Needs(counters, ("tenant_id",), owners),
            *_name_needs([(each.tenant_id, each.resource) for each in commands]),
            role_needs([(each.tenant_id, each.resource.get("roles")) for each in commands]),
        )

    def apply(self, rows: Rows) -> Stored:
        resource = self.resource
        resource.setdefault("active", True)
        _refuse_taken_name(rows, self.tenant_id, self.user_id, resource)
        choice = _email_of(rows, self.tenant_id, resource)
        claimant = claims.Claimant(self.tenant_id, self.user_id, choice.email, resource["active"])
        key = claims.claim(rows, claimant, None, self.cause)
        numbers = advance(rows, self.tenant_id, ordinal=1, users=1, event_seq=1)
        row: Row = {
            "tenant_id": self.tenant_id,
            "id": self.user_id,
            "version": 1,
            "ordinal": numbers["ordinal"],
            **_columns(resource),
            "awaited_key": claimant.awaited_key(key),
            "delivery_key": key,
            "created_at": self.cause.at,
            "modified_at": self.cause.at,
        }
        rows.insert(users, row)
        count_roles(rows, self.tenant_id, {}, resource, self.cause.at)
        note_form(rows, self.tenant_id, resource.get("roles"), self.cause.at)
        for address in _addresses(resource):
            rows.insert(user_emails, _address_row(self.tenant_id, self.user_id, address))
        summary = f"User {resource['userName']} created"
        kind = f"{USER_KIND}.created"
        insert_event(rows, self.tenant_id, numbers["event_seq"], self.cause, kind, self.user_id, summary)
        return stored_user(row, groups=())


class ReplaceUser(Struct, frozen=True):
    """Put `resource` in the place of the user; one without `active` leaves it as it is."""

    tenant_id: str
    user_id: str
    resource: Resource
    if_match: int | None
    cause: Cause

    def prefetch(self) -> Iterable[Need | Needs]:
        return (
            *_user_needs(self.tenant_id, self.user_id),
            *_name_needs([(self.tenant_id, self.resource)]),
            role_needs([(self.tenant_id, self.resource.get("roles"))]),
        )

    def prefetch_next(self, rows: Rows) -> Iterable[Need]:
        return _delivery_needs(rows, self.tenant_id, self.user_id)

    def apply(self, rows: Rows) -> Stored:
        def replace(before: Resource) -> Resource:
            return {**self.resource, "active": self.resource.get("active", before["active"])}

        note_form(rows, self.tenant_id, self.resource.get("roles"), self.cause.at)
        return _rewrite(rows, self.tenant_id, self.user_id, self.if_match, self.cause, replace)


class PatchUser(Struct, frozen=True):
    """Apply a PATCH, all of it or nothing."""

    tenant_id: str
    user_id: str
    patch: Patch
    if_match: int | None
    cause: Cause
    notes: Notes = field(default_factory=Notes)

    def prefetch(self) -> Iterable[Need]:
        return _user_needs(self.tenant_id, self.user_id)

    def prefetch_next(self, rows: Rows) -> Iterable[Need]:
        return _delivery_needs(rows, self.tenant_id, self.user_id)

    def apply(self, rows: Rows) -> Stored:
        def patch(before: Resource) -> Resource:
            after = apply_patch(USER, before, self.patch, self.notes)
            after.setdefault("active", before["active"])
            return after

        note_patch(rows, self.tenant_id, self.patch, self.cause.at)
        return _rewrite(rows, self.tenant_id, self.user_id, self.if_match, self.cause, patch)


class DeleteUser(Struct, frozen=True):
    """Forget the user and its memberships; what happens at HubSpot is the leaver policy's to say."""

    tenant_id: str
    user_id: str
    if_match: int | None
    cause: Cause

    def prefetch(self) -> Iterable[Need]:
        return (
            *_user_needs(self.tenant_id, self.user_id),
            Need(members, ("tenant_id", "value"), (self.tenant_id, self.user_id)),
        )

    def prefetch_next(self, rows: Rows) -> Iterable[Need | Needs]:
        return (
            *_delivery_needs(rows, self.tenant_id, self.user_id),
            *_needs_of_leaving(rows, self.tenant_id, self.user_id),
        )

    def apply(self, rows: Rows) -> None:
        row = existing(rows, self.tenant_id, self.user_id, self.if_match)
        leave_groups(rows, self.tenant_id, self.user_id, self.cause)
        document = json.decode(row["document"])
        _keep_addresses(rows, self.tenant_id, self.user_id, document, {})
        rows.delete(users, self.tenant_id, self.user_id)
        count(rows, self.tenant_id, "users", -1)
        count_roles(rows, self.tenant_id, document, {}, self.cause.at)
        claims.give_up(rows, self.tenant_id, row["delivery_key"], self.cause)
        _journal(rows, self.tenant_id, self.cause, "deleted", self.user_id, document)


def existing(rows: Rows, tenant_id: str, user_id: str, if_match: int | None) -> Row:
    """Return the user's row; raises `NotFound`, or `PreconditionFailed` when it has another version."""
    row = rows.get(users, tenant_id, user_id)
    if row is None:
        raise NotFound(f"No user has the id {user_id!r}.")
    if if_match is not None and row["version"] != if_match:
        raise PreconditionFailed(f"The user is at version {row['version']}, not {if_match}: read it again.")
    return row


def stored_user(row: Row, groups: tuple[Reference, ...] | None = None) -> Stored:
    """Return what the SCIM endpoint shows of a row of `users`."""
    return Stored(
        row["id"], row["version"], row["created_at"], row["modified_at"], row["document"], groups=groups
    )


def _rewrite(
    rows: Rows,
    tenant_id: str,
    user_id: str,
    if_match: int | None,
    cause: Cause,
    change: Callable[[Resource], Resource],
) -> Stored:
    row = existing(rows, tenant_id, user_id, if_match)
    before = json.decode(row["document"])
    after = change(before)
    if after == before:
        _journal(rows, tenant_id, cause, "unchanged", user_id, before)
        return stored_user(row)
    if comparison_key(after["userName"]) != row["user_name_key"]:
        _refuse_taken_name(rows, tenant_id, user_id, after)
    choice = _email_of(rows, tenant_id, after)
    if choice.mangled:
        choice = _email_before(rows, tenant_id, row)
    claimant = claims.Claimant(tenant_id, user_id, choice.email, after["active"])
    if row["awaited_key"] is not None:
        # He may wait for something else from now on: no row that `claim` sets free is to be offered to him meanwhile.
        rows.update(users, (tenant_id, user_id), awaited_key=None)
    key = claims.claim(rows, claimant, row["delivery_key"], cause)
    changes = {
        **_columns(after),
        "awaited_key": claimant.awaited_key(key),
        "delivery_key": key,
        "version": row["version"] + 1,
        "modified_at": cause.at,
    }
    rows.update(users, (tenant_id, user_id), **changes)
    _keep_addresses(rows, tenant_id, user_id, before, after)
    count_roles(rows, tenant_id, before, after, cause.at)
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    _journal(rows, tenant_id, cause, _verb(before, after), user_id, after, changed=changed)
    return stored_user({**row, **changes})


def _verb(before: Resource, after: Resource) -> str:
    if before["active"] == after["active"]:
        return "updated"
    return "reactivated" if after["active"] else "deactivated"


def _refuse_taken_name(rows: Rows, tenant_id: str, user_id: str, resource: Resource) -> None:
    key = comparison_key(resource["userName"])
    holders = rows.find(users, tenant_id=tenant_id, user_name_key=key)
    if any(holder["id"] != user_id for holder in holders):
        raise Uniqueness(
            f"The userName {resource['userName']!r} is taken by another user, in this or another case."
        )


def _email_of(rows: Rows, tenant_id: str, resource: Resource) -> EmailChoice:
    tenant = rows.get(tenants, tenant_id)
    if tenant is None:
        raise NotFound("The tenant no longer exists.")
    return choose_email(resource, policy_of(tenant).email_from)


def _email_before(rows: Rows, tenant_id: str, row: Row) -> EmailChoice:
    """Return the e-mail the person had: Entra renames a soft-deleted user just before it deactivates him."""
    delivery = rows.get(deliveries, tenant_id, row["delivery_key"])
    return EmailChoice(delivery["wanted_email"] if delivery is not None else None)


def _columns(resource: Resource) -> Row:
    return {
        "user_name_key": comparison_key(resource["userName"]),
        "external_id": resource.get("externalId"),
        "active": resource["active"],
        "document": json.encode(resource),
    }


def _addresses(resource: Resource) -> set[str]:
    return {comparison_key(entry["value"]) for entry in resource.get("emails", ()) if entry.get("value")}


def _address_row(tenant_id: str, user_id: str, address: str) -> Row:
    return {"tenant_id": tenant_id, "email_key": address, "user_id": user_id}


def _address_needs(tenant_id: str, user_id: str, addresses: Iterable[str]) -> Needs:
    keys = [(tenant_id, address, user_id) for address in addresses]
    return Needs(user_emails, ("tenant_id", "email_key", "user_id"), keys)


def _keep_addresses(rows: Rows, tenant_id: str, user_id: str, before: Resource, after: Resource) -> None:
    """Keep the rows of a user's addresses in step with his document, which alone says which they are."""
    had, has = _addresses(before), _addresses(after)
    if gone := had - has:
        rows.prefetch([_address_needs(tenant_id, user_id, gone)])
    for address in gone:
        rows.delete(user_emails, tenant_id, address, user_id)
    for new in has - had:
        rows.insert(user_emails, _address_row(tenant_id, user_id, new))


def _user_needs(tenant_id: str, user_id: str) -> tuple[Need, ...]:
    return (
        Need(tenants, ("id",), (tenant_id,)),
        counters_of(tenant_id),
        Need(users, ("tenant_id", "id"), (tenant_id, user_id)),
    )


def _delivery_needs(rows: Rows, tenant_id: str, user_id: str) -> tuple[Need, ...]:
    row = rows.get(users, tenant_id, user_id)
    return () if row is None else (Need(deliveries, ("tenant_id", "key"), (tenant_id, row["delivery_key"])),)


def _needs_of_leaving(rows: Rows, tenant_id: str, user_id: str) -> tuple[Need | Needs, ...]:
    """Return who may wait for the e-mail of a user who goes, his addresses, and the groups and roles he leaves."""
    row = rows.get(users, tenant_id, user_id)
    if row is None:
        return ()
    listed = rows.find(members, tenant_id=tenant_id, value=user_id)
    document = json.decode(row["document"])
    return (
        Need(users, ("tenant_id", "awaited_key"), (tenant_id, row["delivery_key"])),
        _address_needs(tenant_id, user_id, _addresses(document)),
        *(Need(groups, ("tenant_id", "id"), (tenant_id, each["group_id"])) for each in listed),
        role_needs([(tenant_id, document.get("roles"))]),
    )


def _name_needs(sent: Iterable[tuple[str, Resource]]) -> tuple[Needs, ...]:
    """Return who may have the userNames, and what `claim` looks at for them: each is nearly always the e-mail, too.

    What another e-mail needs is loaded when it is asked for.
    """
    named = [(tenant_id, comparison_key(resource["userName"])) for tenant_id, resource in sent]
    return (
        Needs(users, ("tenant_id", "user_name_key"), named),
        Needs(deliveries, ("tenant_id", "key"), named),
        Needs(deliveries, ("tenant_id", "renamed_key"), named),
    )


def _journal(
    rows: Rows, tenant_id: str, cause: Cause, verb: str, user_id: str, resource: Resource, **detail: object
) -> None:
    name = resource["userName"]
    record_event(rows, tenant_id, cause, f"{USER_KIND}.{verb}", user_id, f"User {name} {verb}", **detail)
