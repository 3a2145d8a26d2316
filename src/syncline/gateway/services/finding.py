"""Finding what an operator names: a person by e-mail, userName or SCIM id, a group by displayName or id."""

from __future__ import annotations

from syncline.gateway.domain.errors import NotFound
from syncline.gateway.domain.person import email_key
from syncline.gateway.services.ports import DirectoryStore, Store, Tenant, WorkItem
from syncline.scim.attributes import ResourceType
from syncline.scim.nodes import Comparison
from syncline.scim.schemas import GROUP, USER
from syncline.scimserver.store import Query, Stored


async def find_person(store: Store, tenant: Tenant, user: str) -> WorkItem:
    """Return the person of that e-mail, userName or SCIM id; raises `NotFound`."""
    for key in (email_key(user), f"scim:{user}", user):
        item = await store.backlog.item(tenant.id, key)
        if item is not None and (item.delivery.user_id is not None or item.delivery.hubspot_id is not None):
            return item
    named = await _named(store.directory, tenant, USER, "userName", user)
    user_id = user if named is None else named.id  # what is no userName is taken for an id
    for item in await store.journal.find_items(tenant.id, search=user_id, after="", limit=10):
        if item.delivery.user_id == user_id:
            return item
    raise NotFound(f"{tenant.name} has nobody named {user!r}: `users list {tenant.name}` shows who is there.")


async def find_group(
    directory: DirectoryStore, tenant: Tenant, group: str, include: frozenset[str] = frozenset()
) -> Stored:
    """Return the group of that id or displayName, with what is to be included; raises `NotFound`."""
    found = await group_if_any(directory, tenant, group, include)
    if found is None:
        raise NotFound(
            f"{tenant.name} has no group {group!r}: `groups list {tenant.name}` shows those it has."
        )
    return found


async def group_if_any(
    directory: DirectoryStore, tenant: Tenant, group: str, include: frozenset[str] = frozenset()
) -> Stored | None:
    """Return the group of that id or displayName, None where there is none."""
    by_id = await directory.get(tenant.id, GROUP, group, include)
    if by_id is not None:
        return by_id
    named = await _named(directory, tenant, GROUP, "displayName", group)
    return None if named is None else await directory.get(tenant.id, GROUP, named.id, include)


async def _named(
    directory: DirectoryStore, tenant: Tenant, resource_type: ResourceType, attribute: str, name: str
) -> Stored | None:
    path = resource_type.path(attribute)
    if path is None:
        return None
    query = Query(Comparison(path, "eq", name), 1, 1)
    page = await directory.query(tenant.id, resource_type, query, frozenset())
    return page.resources[0] if page.resources else None
