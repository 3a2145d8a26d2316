"""The SCIM resources of every tenant: writes as commands, reads by index, the rest by a bounded scan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, TypeGuard, TypeVar

import orjson
from sqlalchemy import Connection, Select

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Cause
from syncline.gateway.store import statements
from syncline.gateway.store.commands.groups import (
    CreateGroup,
    DeleteGroup,
    PatchGroup,
    ReplaceGroup,
    stored_group,
)
from syncline.gateway.store.commands.under_token import UnderToken
from syncline.gateway.store.commands.users import (
    CreateUser,
    DeleteUser,
    PatchUser,
    ReplaceUser,
    stored_user,
)
from syncline.scim.attributes import ResourceType
from syncline.scim.errors import InvalidValue, TooMany, Unavailable, Uniqueness
from syncline.scim.filter import Equality, Filter, attributes_used, compile_filter, equalities
from syncline.scim.names import comparison_key
from syncline.scim.nodes import Comparison
from syncline.scim.patch import Patch
from syncline.scim.resource import Notes, Resource
from syncline.scim.schemas import USER
from syncline.scimserver.rendering import timestamp
from syncline.scimserver.store import Page, Query, Reference, Stored
from syncline.sql.errors import RowConflict, RowRejected, StoreError
from syncline.sql.looking import rows_of
from syncline.sql.reader import Reader
from syncline.sql.rows import Command, Row
from syncline.sql.writer import Writer

SCAN_LIMIT = 10_000
"""How many resources one filter without an index may look at before it is `tooMany`."""
CHUNK = 500
RETRY_SECONDS = 5

T = TypeVar("T")

_USER_INDEXES = {
    "id": (statements.USER, False),
    "userName": (statements.USERS_BY_NAME, True),
    "externalId": (statements.USERS_BY_EXTERNAL_ID, False),
    "emails.value": (statements.USERS_BY_EMAIL, True),
}
_GROUP_INDEXES = {
    "id": (statements.GROUP, False),
    "displayName": (statements.GROUPS_BY_NAME, True),
    "externalId": (statements.GROUPS_BY_EXTERNAL_ID, False),
    "members.value": (statements.GROUPS_BY_MEMBER, False),
}


class SqlDirectory:
    """Implements `services.ports.DirectoryStore`."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def _write(self, command: Command[T], cause: Cause) -> T:
        """Submit a command; the store's trouble becomes an answer an identity provider retries."""
        if cause.token_id is not None:
            command = UnderToken(command, cause.token_id, cause.at)
        try:
            return await self._writer.submit(command)
        except RowConflict as error:
            raise Uniqueness("Another request took that name a moment ago.") from error
        except RowRejected as error:
            raise InvalidValue("A value of this request cannot be stored.") from error
        except StoreError as error:
            raise Unavailable("The request could not be stored now.", retry_after=RETRY_SECONDS) from error

    async def create_user(
        self, tenant_id: TenantId, user_id: str, resource: Resource, cause: Cause
    ) -> Stored:
        return await self._write(CreateUser(tenant_id, user_id, resource, cause), cause)

    async def replace_user(
        self, tenant_id: TenantId, user_id: str, resource: Resource, if_match: int | None, cause: Cause
    ) -> Stored:
        return await self._write(ReplaceUser(tenant_id, user_id, resource, if_match, cause), cause)

    async def patch_user(
        self,
        tenant_id: TenantId,
        user_id: str,
        patch: Patch,
        if_match: int | None,
        cause: Cause,
        notes: Notes,
    ) -> Stored:
        return await self._write(PatchUser(tenant_id, user_id, patch, if_match, cause, notes), cause)

    async def delete_user(
        self, tenant_id: TenantId, user_id: str, if_match: int | None, cause: Cause
    ) -> None:
        await self._write(DeleteUser(tenant_id, user_id, if_match, cause), cause)

    async def create_group(
        self, tenant_id: TenantId, group_id: str, resource: Resource, cause: Cause
    ) -> Stored:
        return await self._write(CreateGroup(tenant_id, group_id, resource, cause), cause)

    async def replace_group(
        self, tenant_id: TenantId, group_id: str, resource: Resource, if_match: int | None, cause: Cause
    ) -> Stored:
        return await self._write(ReplaceGroup(tenant_id, group_id, resource, if_match, cause), cause)

    async def patch_group(
        self,
        tenant_id: TenantId,
        group_id: str,
        patch: Patch,
        if_match: int | None,
        cause: Cause,
        notes: Notes,
    ) -> Stored:
        return await self._write(PatchGroup(tenant_id, group_id, patch, if_match, cause, notes), cause)

    async def delete_group(
        self, tenant_id: TenantId, group_id: str, if_match: int | None, cause: Cause
    ) -> None:
        await self._write(DeleteGroup(tenant_id, group_id, if_match, cause), cause)

    async def get(
        self, tenant_id: TenantId, resource_type: ResourceType, resource_id: str, include: frozenset[str]
    ) -> Stored | None:
        """Return one resource, or None; `include` names the computed attributes wanted."""
        if resource_type is USER:
            return _user(await self._reader.ask(statements.USER_AND_GROUPS, tenant_id, resource_id), include)

        def read(connection: Connection) -> Stored | None:
            rows = rows_of(connection, statements.GROUP, {"tenant_id": tenant_id, "id": resource_id})
            return _stored(connection, tenant_id, resource_type, rows, include)[0] if rows else None

        return await self._reader.point(read)

    async def query(
        self, tenant_id: TenantId, resource_type: ResourceType, query: Query, include: frozenset[str]
    ) -> Page:
        """Return one page, in order of creation. Raises `TooMany` past `SCAN_LIMIT` without an index."""
        if query.filter is None:
            return await self._reader.scan(lambda c: _page(c, tenant_id, resource_type, query, include))
        filter_ = query.filter
        if resource_type is USER and _is_one_name(filter_):
            key = comparison_key(str(filter_.value))
            rows = await self._reader.ask(statements.USER_AND_GROUPS_BY_NAME, tenant_id, key)
            return _page_of_one(_user(rows, include), query)
        wanted = _indexed(resource_type, filter_)
        if wanted is None:
            return await self._reader.scan(
                lambda c: _by_scan(c, tenant_id, resource_type, filter_, query, include)
            )
        return await self._reader.point(
            lambda c: _by_index(c, tenant_id, resource_type, wanted, filter_, query, include)
        )


def _user(rows: Sequence[tuple[Any, ...]], include: frozenset[str]) -> Stored | None:
    """Return the user of `USER_AND_GROUPS`: five columns of his own, three of each group."""
    if not rows:
        return None
    user_id, version, created_at, modified_at, document, one_group, _, _ = rows[0]
    groups: tuple[Reference, ...] | None = None
    if "groups" in include:
        groups = () if one_group is None and len(rows) == 1 else _groups_in_order(rows)
    return Stored(user_id, version, created_at, modified_at, document, groups)


def _groups_in_order(rows: Sequence[tuple[Any, ...]]) -> tuple[Reference, ...]:
    memberships = sorted((row[5:] for row in rows if row[5] is not None), key=itemgetter(1))
    return tuple([_group_reference(group_id, text) for group_id, _, text in memberships])


def _is_one_name(filter_: Filter) -> TypeGuard[Comparison]:
    """Tell whether the filter is `userName eq "…"`, what every identity provider asks most."""
    return (
        isinstance(filter_, Comparison)
        and filter_.operator == "eq"
        and filter_.path.name == "userName"
        and filter_.value is not None
    )


def _page_of_one(found: Stored | None, query: Query) -> Page:
    if found is None:
        return Page((), 0)
    return Page((found,) if query.start_index == 1 and query.count else (), 1)


def _page(
    connection: Connection,
    tenant_id: str,
    resource_type: ResourceType,
    query: Query,
    include: frozenset[str],
) -> Page:
    counters = connection.execute(statements.COUNTERS, {"tenant_id": tenant_id}).mappings().one()
    total = counters["users" if resource_type is USER else "groups"]
    if query.count == 0:
        return Page((), total)
    statement = statements.USER_PAGE if resource_type is USER else statements.GROUP_PAGE
    window = {"tenant_id": tenant_id, "offset": query.start_index - 1, "limit": query.count}
    rows = rows_of(connection, statement, window)
    return Page(_stored(connection, tenant_id, resource_type, rows, include), total)


def _indexed(resource_type: ResourceType, filter_: Filter) -> tuple[Select[Any], str, object] | None:
    """Return the first comparison of the filter that an index answers, as (statement, parameter, value)."""
    indexes = _USER_INDEXES if resource_type is USER else _GROUP_INDEXES
    for equality in equalities(filter_):
        found = indexes.get(equality.path)
        if found is not None and isinstance(equality.value, str):
            statement, normalised = found
            return statement, "id" if equality.path == "id" else "value", _key(equality, normalised)
    return None


def _key(equality: Equality, normalised: bool) -> object:
    return comparison_key(str(equality.value)) if normalised else equality.value


def _by_index(
    connection: Connection,
    tenant_id: str,
    resource_type: ResourceType,
    wanted: tuple[Select[Any], str, object],
    filter_: Filter,
    query: Query,
    include: frozenset[str],
) -> Page:
    statement, parameter, value = wanted
    parameters = {"tenant_id": tenant_id, parameter: value, "limit": SCAN_LIMIT + 1}
    rows = rows_of(connection, statement, parameters)
    _refuse_more_than_a_scan(len(rows))
    rows.sort(key=itemgetter("ordinal"))
    if isinstance(filter_, Comparison):  # the index has answered the whole filter
        return _cut(connection, tenant_id, resource_type, rows, query, include)
    matched = _matching(connection, tenant_id, resource_type, rows, filter_)
    return _cut(connection, tenant_id, resource_type, matched, query, include)


def _by_scan(
    connection: Connection,
    tenant_id: str,
    resource_type: ResourceType,
    filter_: Filter,
    query: Query,
    include: frozenset[str],
) -> Page:
    counters = connection.execute(statements.COUNTERS, {"tenant_id": tenant_id}).mappings().one()
    _refuse_more_than_a_scan(counters["users" if resource_type is USER else "groups"])
    statement = statements.USERS_AFTER if resource_type is USER else statements.GROUPS_AFTER
    matched: list[Row] = []
    after = 0
    while rows := rows_of(connection, statement, {"tenant_id": tenant_id, "after": after, "limit": CHUNK}):
        matched += _matching(connection, tenant_id, resource_type, rows, filter_)
        after = rows[-1]["ordinal"]
    return _cut(connection, tenant_id, resource_type, matched, query, include)


def _refuse_more_than_a_scan(found: int) -> None:
    if found > SCAN_LIMIT:
        raise TooMany(
            f"This filter would have to look at more than {SCAN_LIMIT} resources. "
            "Filter on userName, externalId, e-mail or displayName with `eq`."
        )


def _matching(
    connection: Connection, tenant_id: str, resource_type: ResourceType, rows: list[Row], filter_: Filter
) -> list[Row]:
    """Return the rows the whole filter holds for, with the computed attributes it looks at put in."""
    matches = compile_filter(filter_)
    used = attributes_used(filter_)
    stored = _stored(connection, tenant_id, resource_type, rows, used & {"groups", "members"})
    return [row for row, seen in zip(rows, stored, strict=True) if matches(_seen(seen, resource_type))]


def _seen(stored: Stored, resource_type: ResourceType) -> Resource:
    """Return the resource as a filter sees it."""
    resource: Resource = orjson.loads(stored.document)
    resource["id"] = stored.id
    resource["meta"] = {
        "resourceType": resource_type.name,
        "created": timestamp(stored.created_at),
        "lastModified": timestamp(stored.modified_at),
        "version": f'W/"{stored.version}"',
    }
    if stored.groups is not None:
        resource["groups"] = list(stored.groups)
    if stored.members is not None:
        resource["members"] = list(stored.members)
    return resource


def _cut(
    connection: Connection,
    tenant_id: str,
    resource_type: ResourceType,
    matched: list[Row],
    query: Query,
    include: frozenset[str],
) -> Page:
    page = matched[query.start_index - 1 : query.start_index - 1 + query.count]
    return Page(_stored(connection, tenant_id, resource_type, page, include), len(matched))


def _stored(
    connection: Connection,
    tenant_id: str,
    resource_type: ResourceType,
    rows: Sequence[Row],
    include: Iterable[str],
) -> list[Stored]:
    if resource_type is USER:
        if "groups" not in include or not rows:
            return [stored_user(row) for row in rows]
        groups = groups_of(connection, tenant_id, [row["id"] for row in rows])
        return [stored_user(row, tuple(groups[row["id"]])) for row in rows]
    if "members" not in include or not rows:
        return [stored_group(row) for row in rows]
    listed = _members_of(connection, tenant_id, [row["id"] for row in rows])
    return [stored_group(row, tuple(listed[row["id"]])) for row in rows]


def groups_of(
    connection: Connection, tenant_id: str, user_ids: Sequence[str]
) -> defaultdict[str, list[Reference]]:
    """Return the groups each of these is a direct member of, as references."""
    found: defaultdict[str, list[Reference]] = defaultdict(list)
    parameters = {"tenant_id": tenant_id, "values": list(user_ids)}
    memberships = rows_of(connection, statements.GROUPS_OF, parameters)
    for row in sorted(memberships, key=itemgetter("ordinal")):
        found[row["value"]].append(_group_reference(row["id"], row["document"]))
    return found


def _group_reference(group_id: str, document: bytes) -> Reference:
    return {"value": group_id, "display": orjson.loads(document)["displayName"], "type": "direct"}


def _members_of(
    connection: Connection, tenant_id: str, group_ids: Sequence[str]
) -> defaultdict[str, list[Reference]]:
    found: defaultdict[str, list[Reference]] = defaultdict(list)
    parameters = {"tenant_id": tenant_id, "values": list(group_ids)}
    for row in rows_of(connection, statements.MEMBERS_OF, parameters):
        found[row["group_id"]].append(orjson.loads(row["document"]))
    return found
