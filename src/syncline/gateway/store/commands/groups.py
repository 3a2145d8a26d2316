"""What a SCIM client does to groups. Members are rows: a change costs what it changes, whatever the group's size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from syncline.gateway.domain.rules import RuleKind
from syncline.gateway.services.ports import Cause
from syncline.gateway.store.commands import claims
from syncline.gateway.store.commands.journal import count, counters_of, record_event, take_number
from syncline.gateway.store.records import rule_of
from syncline.gateway.store.tables import deliveries, groups, members, rules, tenants, users
from syncline.scim import json
from syncline.scim.errors import NotFound, PreconditionFailed, Uniqueness
from syncline.scim.names import comparison_key
from syncline.scim.patch import MemberChange, Patch, apply_patch
from syncline.scim.resource import Notes, Resource
from syncline.scim.schemas import GROUP
from syncline.scimserver.store import Reference, Stored
from syncline.sql.rows import Need, Row, Rows

GROUP_KIND = "group"
MARKED_AT_ONCE = 200
"""How many people one request marks directly; past that the whole tenant is looked at again, in chunks."""


class CreateGroup(Struct, frozen=True):
    """Keep a new group under `group_id`, with its members."""

    tenant_id: str
    group_id: str
    resource: Resource
    cause: Cause

    def prefetch(self) -> Iterable[Need]:
        key = comparison_key(self.resource["displayName"])
        return (
            counters_of(self.tenant_id),
            Need(rules, ("tenant_id",), (self.tenant_id,)),
            Need(groups, ("tenant_id", "display_name_key"), (self.tenant_id, key)),
        )

    def apply(self, rows: Rows) -> Stored:
        resource = dict(self.resource)
        listed = resource.pop("members", [])
        _refuse_taken_name(rows, self.tenant_id, self.group_id, resource)
        row: Row = {
            "tenant_id": self.tenant_id,
            "id": self.group_id,
            "version": 1,
            "ordinal": take_number(rows, self.tenant_id, "ordinal"),
            **_columns(resource),
            "members": len({member["value"] for member in listed}),
            "created_at": self.cause.at,
            "modified_at": self.cause.at,
        }
        rows.insert(groups, row)
        count(rows, self.tenant_id, "groups", 1)
        new = {member["value"]: member for member in listed}
        for value, member in new.items():
            rows.insert(members, _member_row(self.tenant_id, self.group_id, value, member))
        _mark_members(rows, self.tenant_id, self.group_id, set(new), self.cause)
        _journal(rows, self.tenant_id, self.cause, "created", row, added=len(new))
        return stored_group(row, tuple(new.values()))


class ReplaceGroup(Struct, frozen=True):
    """Put `resource` in the place of the group; one without `members` leaves them alone."""

    tenant_id: str
    group_id: str
    resource: Resource
    if_match: int | None
    cause: Cause

    def prefetch(self) -> Iterable[Need]:
        return _group_needs(self.tenant_id, self.group_id)

    def apply(self, rows: Rows) -> Stored:
        resource = dict(self.resource)
        listed = resource.pop("members", None)
        change = None
        if listed is not None:
            change = MemberChange(
                clear=True, add={member["value"]: member for member in listed}, remove=frozenset()
            )
        row = _existing(rows, self.tenant_id, self.group_id, self.if_match)
        return _rewrite(rows, self.tenant_id, row, resource, change, self.cause)


class PatchGroup(Struct, frozen=True):
    """Apply a PATCH, all of it or nothing."""

    tenant_id: str
    group_id: str
    patch: Patch
    if_match: int | None
    cause: Cause
    notes: Notes = field(default_factory=Notes)

    def prefetch(self) -> Iterable[Need]:
        needs = list(_group_needs(self.tenant_id, self.group_id))
        change = None if self.patch.needs_members else self.patch.member_change
        if change is not None and not change.clear:
            needs += _member_needs(self.tenant_id, self.group_id, (*change.add, *change.remove))
        return needs

    def apply(self, rows: Rows) -> Stored:
        row = _existing(rows, self.tenant_id, self.group_id, self.if_match)
        resource = apply_patch(GROUP, json.decode(row["document"]), self.patch, self.notes)
        change = self.patch.member_change
        if self.patch.needs_members:
            change = self.patch.resolve_members(_listed(rows, self.tenant_id, self.group_id))
        return _rewrite(rows, self.tenant_id, row, resource, change, self.cause)


class DeleteGroup(Struct, frozen=True):
    """Forget the group and its memberships."""

    tenant_id: str
    group_id: str
    if_match: int | None
    cause: Cause

    def prefetch(self) -> Iterable[Need]:
        return (
            *_group_needs(self.tenant_id, self.group_id),
            Need(members, ("tenant_id", "group_id"), (self.tenant_id, self.group_id)),
            Need(members, ("tenant_id", "value"), (self.tenant_id, self.group_id)),
        )

    def apply(self, rows: Rows) -> None:
        row = _existing(rows, self.tenant_id, self.group_id, self.if_match)
        listed = rows.find(members, tenant_id=self.tenant_id, group_id=self.group_id)
        for member in listed:
            rows.delete(members, self.tenant_id, self.group_id, member["value"])
        leave_groups(rows, self.tenant_id, self.group_id, self.cause)
        rows.delete(groups, self.tenant_id, self.group_id)
        count(rows, self.tenant_id, "groups", -1)
        _mark_members(rows, self.tenant_id, self.group_id, {member["value"] for member in listed}, self.cause)
        _journal(rows, self.tenant_id, self.cause, "deleted", row)


def leave_groups(rows: Rows, tenant_id: str, value: str, cause: Cause) -> None:
    """Take somebody who is gone out of every group. To whoever reads them, they have changed: each is a new version."""
    for membership in rows.find(members, tenant_id=tenant_id, value=value):
        group_id = membership["group_id"]
        rows.delete(members, tenant_id, group_id, value)
        group = rows.get(groups, tenant_id, group_id)
        if group is not None:
            changes = {"version": group["version"] + 1, "members": group["members"] - 1}
            rows.update(groups, (tenant_id, group_id), **changes, modified_at=cause.at)


def stored_group(row: Row, listed: tuple[Reference, ...] | None = None) -> Stored:
    """Return what the SCIM endpoint shows of a row of `groups`."""
    return Stored(
        row["id"], row["version"], row["created_at"], row["modified_at"], row["document"], members=listed
    )


def _existing(rows: Rows, tenant_id: str, group_id: str, if_match: int | None) -> Row:
    row = rows.get(groups, tenant_id, group_id)
    if row is None:
        raise NotFound(f"No group has the id {group_id!r}.")
    if if_match is not None and row["version"] != if_match:
        raise PreconditionFailed(f"The group is at version {row['version']}, not {if_match}: read it again.")
    return row


def _rewrite(
    rows: Rows, tenant_id: str, row: Row, resource: Resource, change: MemberChange | None, cause: Cause
) -> Stored:
    moved = _Moved() if change is None else _change_members(rows, row, change)
    added, removed = moved.added, moved.removed
    columns = _columns(resource)
    if not (added or removed or moved.described) and all(
        row[name] == value for name, value in columns.items()
    ):
        _journal(rows, tenant_id, cause, "unchanged", row)
        return stored_group(row)
    if columns["display_name_key"] != row["display_name_key"]:
        _refuse_taken_name(rows, tenant_id, row["id"], resource)
    members_now = row["members"] + len(added) - len(removed)
    changes = {**columns, "version": row["version"] + 1, "members": members_now, "modified_at": cause.at}
    rows.update(groups, (tenant_id, row["id"]), **changes)
    _mark_members(rows, tenant_id, row["id"], added | removed, cause)
    _journal(rows, tenant_id, cause, "updated", {**row, **changes}, added=len(added), removed=len(removed))
    return stored_group({**row, **changes})


def _refuse_taken_name(rows: Rows, tenant_id: str, group_id: str, resource: Resource) -> None:
    key = comparison_key(resource["displayName"])
    holders = rows.find(groups, tenant_id=tenant_id, display_name_key=key)
    if any(holder["id"] != group_id for holder in holders):
        raise Uniqueness(f"The displayName {resource['displayName']!r} is taken by another group.")


class _Moved(Struct):
    """Who was really added, who really removed, and of whom something new was said."""

    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    described: set[str] = field(default_factory=set)


def _change_members(rows: Rows, row: Row, change: MemberChange) -> _Moved:
    """Carry out a change of members and return what it came to."""
    tenant_id, group_id = row["tenant_id"], row["id"]
    moved = _Moved()
    before = _members_before(rows, tenant_id, group_id, change)
    leaving = before.keys() - change.add.keys() if change.clear else before.keys() & change.remove
    for value in sorted(leaving):
        rows.delete(members, tenant_id, group_id, value)
        moved.removed.add(value)
    for value, member in change.add.items():
        there = before.get(value)
        if there is None or value in leaving:
            rows.insert(members, _member_row(tenant_id, group_id, value, member))
            moved.added.add(value)
        elif _describe_member(rows, there, member):
            moved.described.add(value)
    return moved


def _members_before(rows: Rows, tenant_id: str, group_id: str, change: MemberChange) -> dict[str, Row]:
    """Return the members a change may touch, by value: all of them where all are replaced."""
    if change.clear:
        found = rows.find(members, tenant_id=tenant_id, group_id=group_id)
    else:
        named = (*change.add, *change.remove)
        rows.prefetch(_member_needs(tenant_id, group_id, named))
        found = [row for value in named if (row := rows.get(members, tenant_id, group_id, value)) is not None]
    return {row["value"]: row for row in found}


def _describe_member(rows: Rows, row: Row, member: Mapping[str, object]) -> bool:
    """Add to a member who is there what is new of him; return whether anything was."""
    before = json.decode(row["document"])
    after = {**before, **member}
    if after == before:
        return False
    rows.update(members, (row["tenant_id"], row["group_id"], row["value"]), document=json.encode(after))
    return True


def _listed(rows: Rows, tenant_id: str, group_id: str) -> list[Reference]:
    found = rows.find(members, tenant_id=tenant_id, group_id=group_id)
    return [json.decode(member["document"]) for member in found]


def _mark_members(rows: Rows, tenant_id: str, group_id: str, values: set[str], cause: Cause) -> None:
    """Have the placement of these people decided again, if any rule looks at this group."""
    watched = any(
        rule.kind is RuleKind.GROUP and rule.match == group_id
        for rule in map(rule_of, rows.find(rules, tenant_id=tenant_id))
    )
    if not watched or not values:
        return
    if len(values) > MARKED_AT_ONCE:
        tenant = rows.get(tenants, tenant_id)
        if tenant is not None:
            rows.update(tenants, (tenant_id,), placement_epoch=tenant["placement_epoch"] + 1)
        return
    rows.prefetch(Need(users, ("tenant_id", "id"), (tenant_id, value)) for value in values)
    people = [user for value in sorted(values) if (user := rows.get(users, tenant_id, value)) is not None]
    keys = ("tenant_id", "key")
    rows.prefetch(Need(deliveries, keys, (tenant_id, user["delivery_key"])) for user in people)
    for user in people:
        value = user["id"]
        held = rows.get(deliveries, tenant_id, user["delivery_key"])
        email = held["wanted_email"] if held is not None else None
        claimant = claims.Claimant(tenant_id, value, email, user["active"])
        key = claims.claim(rows, claimant, user["delivery_key"], cause)
        rows.update(users, (tenant_id, value), awaited_key=claimant.awaited_key(key), delivery_key=key)


def _columns(resource: Resource) -> Row:
    return {
        "display_name_key": comparison_key(resource["displayName"]),
        "external_id": resource.get("externalId"),
        "document": json.encode(resource),
    }


def _member_row(tenant_id: str, group_id: str, value: str, member: Mapping[str, object]) -> Row:
    return {
        "tenant_id": tenant_id,
        "group_id": group_id,
        "value": value,
        "document": json.encode(dict(member)),
    }


def _member_needs(tenant_id: str, group_id: str, values: Iterable[str]) -> Iterator[Need]:
    primary_key = ("tenant_id", "group_id", "value")
    return (Need(members, primary_key, (tenant_id, group_id, value)) for value in values)


def _group_needs(tenant_id: str, group_id: str) -> tuple[Need, ...]:
    return (
        counters_of(tenant_id),
        Need(groups, ("tenant_id", "id"), (tenant_id, group_id)),
        Need(rules, ("tenant_id",), (tenant_id,)),
    )


def _journal(rows: Rows, tenant_id: str, cause: Cause, verb: str, row: Row, **detail: object) -> None:
    name = json.decode(row["document"])["displayName"]
    summary = f"Group {name} {verb}"
    record_event(rows, tenant_id, cause, f"{GROUP_KIND}.{verb}", row["id"], summary, **detail)
