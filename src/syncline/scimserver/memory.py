"""The resources of one tenant in memory: the reference implementation of `ResourceStore`.

It keeps every promise of the protocol but durability. No method awaits anything between reading and
writing, so calls on one event loop are serial by construction.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from syncline.clock import Clock, Milliseconds, SystemClock
from syncline.scim.attributes import ResourceType
from syncline.scim.errors import NotFound, PreconditionFailed, TooMany, Uniqueness
from syncline.scim.filter import Filter, attributes_used, compile_filter, equalities
from syncline.scim.names import comparison_key
from syncline.scim.patch import Patch, apply_patch
from syncline.scim.resource import Resource
from syncline.scim.schemas import RESOURCE_TYPES
from syncline.scimserver.rendering import timestamp
from syncline.scimserver.store import Exchange, Page, Query, Reference, Stored

UNIQUE_NAME: Mapping[str, str] = {"User": "userName", "Group": "displayName"}
"""The attribute that no two resources of a type share, however it is spelled (`comparison_key`)."""

Members = dict[str, Reference]


@dataclass(slots=True)
class _Record:
    id: str
    created_at: Milliseconds
    modified_at: Milliseconds
    resource: Resource
    members: Members
    version: int = 1
    document: bytes = b""

    def __post_init__(self) -> None:
        self.document = orjson.dumps(self.resource)


@dataclass(slots=True)
class _Shelf:
    """The resources of one type, in the order of their creation, and who holds which name."""

    records: dict[str, _Record] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)


class MemoryStore:
    """Keeps resources until the process ends.

    A search that no look-up narrows down is `TooMany` where it would pass over more than `scan_limit`
    resources.
    """

    def __init__(
        self,
        resource_types: Mapping[str, ResourceType] = RESOURCE_TYPES,
        *,
        clock: Clock | None = None,
        new_id: Callable[[], str] = lambda: secrets.token_hex(16),
        scan_limit: int = 100_000,
    ) -> None:
        self._types = resource_types
        self._clock = clock or SystemClock()
        self._new_id = new_id
        self._scan_limit = scan_limit
        self._shelves = {name: _Shelf() for name in resource_types}
        self._groups_of: dict[str, dict[str, None]] = {}

    @property
    def resource_types(self) -> Mapping[str, ResourceType]:
        return self._types

    async def create(self, exchange: Exchange, resource_type: ResourceType, resource: Resource) -> Stored:
        shelf = self._shelves[resource_type.name]
        kept, members = _apart(resource)
        if resource_type.name == "User":
            kept.setdefault("active", True)
        now = self._clock.now()
        record = _Record(self._new_id(), now, now, kept, members or {})
        _claim_name(shelf, resource_type, record.id, kept)
        shelf.records[record.id] = record
        self._note_members(record.id, {}, record.members)
        return self._stored(record, resource_type, _ALL)

    async def get(
        self, exchange: Exchange, resource_type: ResourceType, resource_id: str, include: frozenset[str]
    ) -> Stored:
        return self._stored(self._record(resource_type, resource_id, None), resource_type, include)

    async def replace(
        self,
        exchange: Exchange,
        resource_type: ResourceType,
        resource_id: str,
        resource: Resource,
        if_match: int | None,
    ) -> Stored:
        record = self._record(resource_type, resource_id, if_match)
        kept, members = _apart(resource)
        if "active" in record.resource:
            kept.setdefault("active", record.resource["active"])
        self._change(resource_type, record, kept, record.members if members is None else members)
        return self._stored(record, resource_type, _ALL)

    async def patch(
        self,
        exchange: Exchange,
        resource_type: ResourceType,
        resource_id: str,
        patch: Patch,
        if_match: int | None,
        include: frozenset[str],
    ) -> Stored:
        record = self._record(resource_type, resource_id, if_match)
        changed = apply_patch(resource_type, record.resource, patch, exchange.notes)
        members = _changed_members(record.members, patch)
        self._change(resource_type, record, changed, members)
        return self._stored(record, resource_type, include)

    async def delete(
        self, exchange: Exchange, resource_type: ResourceType, resource_id: str, if_match: int | None
    ) -> None:
        record = self._record(resource_type, resource_id, if_match)
        shelf = self._shelves[resource_type.name]
        del shelf.records[resource_id]
        del shelf.names[_name(resource_type, record.resource)]
        self._note_members(resource_id, record.members, {})
        for group_id in list(self._groups_of.get(resource_id, ())):
            group = self._shelves["Group"].records[group_id]
            left = {value: member for value, member in group.members.items() if value != resource_id}
            self._change(self._types["Group"], group, group.resource, left)

    async def query(
        self, exchange: Exchange, resource_type: ResourceType, query: Query, include: frozenset[str]
    ) -> Page:
        matches = self._matches(resource_type, query.filter)
        first = query.start_index - 1
        page = matches[first : first + query.count]
        return Page([self._stored(record, resource_type, include) for record in page], len(matches))

    def _record(self, resource_type: ResourceType, resource_id: str, if_match: int | None) -> _Record:
        record = self._shelves[resource_type.name].records.get(resource_id)
        if record is None:
            raise NotFound(f"There is no {resource_type.name} with this id.")
        if if_match is not None and if_match != record.version:
            raise PreconditionFailed("The resource has changed since the version named in If-Match.")
        return record

    def _change(
        self, resource_type: ResourceType, record: _Record, resource: Resource, members: Members
    ) -> None:
        """Put the new state in place, unless it equals the present one; `Uniqueness`."""
        if resource == record.resource and members == record.members:
            return
        shelf = self._shelves[resource_type.name]
        present = _name(resource_type, record.resource)
        if _name(resource_type, resource) != present:
            _claim_name(shelf, resource_type, record.id, resource)
            del shelf.names[present]
        self._note_members(record.id, record.members, members)
        record.resource, record.members = resource, members
        record.document = orjson.dumps(resource)
        record.version += 1
        record.modified_at = max(self._clock.now(), record.modified_at)

    def _note_members(self, group_id: str, before: Members, after: Members) -> None:
        for value in before.keys() - after.keys():
            self._groups_of[value].pop(group_id)
        for value in after.keys() - before.keys():
            self._groups_of.setdefault(value, {})[group_id] = None

    def _matches(self, resource_type: ResourceType, condition: Filter | None) -> list[_Record]:
        records = self._shelves[resource_type.name].records
        if condition is None:
            return list(records.values())
        candidates = self._candidates(resource_type, condition)
        if candidates is None:
            if len(records) > self._scan_limit:
                raise TooMany("This filter would search too many resources; filter by userName or id.")
            candidates = records.values()
        holds = compile_filter(condition)
        used = attributes_used(condition)
        return [record for record in candidates if holds(self._seen(record, resource_type, used))]

    def _candidates(self, resource_type: ResourceType, condition: Filter) -> Iterable[_Record] | None:
        """Return the only resources that can match, where an equality with an id or a name says so."""
        shelf = self._shelves[resource_type.name]
        for equality in equalities(condition):
            if not isinstance(equality.value, str):
                continue
            if equality.path == "id":
                found = shelf.records.get(equality.value)
            elif equality.path == UNIQUE_NAME[resource_type.name]:
                found = shelf.records.get(shelf.names.get(comparison_key(equality.value), ""))
            else:
                continue
            return [] if found is None else [found]
        return None

    def _seen(self, record: _Record, resource_type: ResourceType, used: frozenset[str]) -> Resource:
        """Return the resource as a filter sees it, with those of the server's attributes that it uses."""
        if not used & _SERVERS:
            return record.resource
        return {
            **record.resource,
            "id": record.id,
            "groups": self._groups(record),
            "members": list(record.members.values()),
            "meta": {
                "resourceType": resource_type.name,
                "created": timestamp(record.created_at),
                "lastModified": timestamp(record.modified_at),
            },
        }

    def _groups(self, record: _Record) -> list[Reference]:
        groups = self._shelves["Group"].records if "Group" in self._shelves else {}
        return [
            {"value": group_id, "display": groups[group_id].resource.get("displayName"), "type": "direct"}
            for group_id in self._groups_of.get(record.id, ())
        ]

    def _stored(self, record: _Record, resource_type: ResourceType, include: frozenset[str]) -> Stored:
        of_user = resource_type.name == "User"
        return Stored(
            record.id,
            record.version,
            record.created_at,
            record.modified_at,
            record.document,
            tuple(self._groups(record)) if of_user and "groups" in include else None,
            tuple(record.members.values()) if not of_user and "members" in include else None,
        )


_ALL = frozenset({"groups", "members"})
_SERVERS = frozenset({"id", "meta", "groups", "members"})


def _apart(resource: Resource) -> tuple[dict[str, Any], Members | None]:
    """Return the resource without its members, and these by value (None where it does not speak of them)."""
    kept = dict(resource)
    members = kept.pop("members", None)
    return kept, None if members is None else _by_value(members)


def _by_value(members: Iterable[Reference]) -> Members:
    return {member["value"]: member for member in members}


def _changed_members(present: Members, patch: Patch) -> Members:
    change = patch.resolve_members(present.values()) if patch.needs_members else patch.member_change
    return present if change is None else _by_value(change.apply(present.values()))


def _name(resource_type: ResourceType, resource: Resource) -> str:
    return comparison_key(str(resource[UNIQUE_NAME[resource_type.name]]))


def _claim_name(shelf: _Shelf, resource_type: ResourceType, resource_id: str, resource: Resource) -> None:
    name = _name(resource_type, resource)
    if shelf.names.get(name, resource_id) != resource_id:
        attribute = UNIQUE_NAME[resource_type.name]
        raise Uniqueness(f"Another {resource_type.name} has this {attribute}.")
    shelf.names[name] = resource_id
