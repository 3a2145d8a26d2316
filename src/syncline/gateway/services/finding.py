"""Finding what an operator names: a person by e-mail, userName or SCIM id, a group by displayName or id."""

from __future__ import annotations

from syncline.gateway.domain.errors import NotFound
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.services.ports import GroupSeen, JournalStore, Store, Tenant, WorkItem
from syncline.scim.nodes import Comparison
from syncline.scim.schemas import USER
from syncline.scimserver.store import Query

LIKE_IT = 5
"""Groups named where one is not found."""


async def find_person(store: Store, tenant: Tenant, user: str) -> WorkItem:
    """Return the person of that e-mail, userName or SCIM id; raises `NotFound`."""
    for key in (email_key(user), f"scim:{user}", user):
        item = await store.backlog.item(tenant.id, key)
        if item is not None and (item.delivery.user_id is not None or item.delivery.hubspot_id is not None):
            return item
    user_id = await _id_of(store, tenant, user)
    for item in await store.journal.find_items(tenant.id, search=user_id, after="", limit=10):
        if item.delivery.user_id == user_id:
            return item
    raise NotFound(
        f"{tenant.name} has nobody named {user!r}.", Remedy("{people:See who is there}.", tenant.name)
    )


async def find_group(journal: JournalStore, tenant: Tenant, group: str) -> GroupSeen:
    """Return the group of that id or displayName; raises `NotFound`, with the names that are like it."""
    found = await journal.group(tenant.id, group)
    if found is not None:
        return found
    like = await journal.groups_like(tenant.id, group, LIKE_IT)
    there = f" There is {', '.join(repr(each.display_name) for each in like)}." if like else ""
    raise NotFound(f"No group {group!r} has arrived.{there}", Remedy("{groups:See which have}.", tenant.name))


async def _id_of(store: Store, tenant: Tenant, user: str) -> str:
    """Return the SCIM id of the user of that userName; what is no userName is taken for an id."""
    path = USER.path("userName")
    if path is None:
        return user
    query = Query(Comparison(path, "eq", user), 1, 1)
    page = await store.directory.query(tenant.id, USER, query, frozenset())
    return page.resources[0].id if page.resources else user
