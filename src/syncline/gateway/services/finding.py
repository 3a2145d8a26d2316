"""Finding one person by whatever an operator calls him: e-mail, userName or SCIM id."""

from __future__ import annotations

from syncline.gateway.domain.errors import NotFound
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.services.ports import Store, Tenant, WorkItem
from syncline.scim.nodes import Comparison
from syncline.scim.schemas import USER
from syncline.scimserver.store import Query


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


async def _id_of(store: Store, tenant: Tenant, user: str) -> str:
    """Return the SCIM id of the user of that userName; what is no userName is taken for an id."""
    path = USER.path("userName")
    if path is None:
        return user
    page = await store.directory.query(
        tenant.id, USER, Query(Comparison(path, "eq", user), 1, 1), frozenset()
    )
    return page.resources[0].id if page.resources else user
