"""What users can be given: permission sets and teams, made, renamed and ended by hand."""

from __future__ import annotations

from typing import Any

from syncline.clock import Clock
from syncline.portal.administration.naming import chosen_id, ids_by_name, named_account, read_set_up
from syncline.portal.domain.account import PermissionSet
from syncline.portal.domain.requests import TeamCreateRequest
from syncline.portal.store.commands.teams import (
    AddPermissionSet,
    CreateTeam,
    DeletePermissionSet,
    RenamePermissionSet,
)
from syncline.portal.store.store import Store


async def add_permission_set(
    store: Store, account_name: str, name: str, *, seat: str | None = None, super_admin: bool = False
) -> dict[str, Any]:
    """Make a permission set; one with a seat is a paid one."""
    account = await named_account(store, account_name)
    draft = PermissionSet(id="", name=name, paid=seat is not None, super_admin=super_admin, seat=seat)
    made = await store.writer.submit(AddPermissionSet(portal_id=account.portal_id, draft=draft))
    return {"id": made.id, "name": made.name, "paid": made.paid, "super_admin": made.super_admin}


async def rename_permission_set(
    store: Store, account_name: str, permission_set: str, new_name: str
) -> dict[str, Any]:
    """Rename a permission set, named by name or id; who has it keeps it."""
    portal_id, set_id = await _set_id(store, account_name, permission_set)
    await store.writer.submit(RenamePermissionSet(portal_id=portal_id, set_id=set_id, name=new_name))
    return {"id": set_id, "name": new_name}


async def delete_permission_set(
    store: Store, clock: Clock, account_name: str, permission_set: str
) -> dict[str, Any]:
    """End a permission set, named by name or id; who had it is left with minimal permissions."""
    portal_id, set_id = await _set_id(store, account_name, permission_set)
    await store.writer.submit(DeletePermissionSet(portal_id=portal_id, set_id=set_id, now=clock.now()))
    return {"deleted": permission_set}


async def add_team(
    store: Store, clock: Clock, account_name: str, name: str, *, parent: str | None = None
) -> dict[str, Any]:
    """Make a team, below another one if that is named."""
    account = await named_account(store, account_name)
    setup = await read_set_up(store, account)
    parent_id = chosen_id("team", parent, ids_by_name(setup.teams))
    request = TeamCreateRequest(name=name, parent_team_id=parent_id)
    made = await store.writer.submit(
        CreateTeam(portal_id=account.portal_id, request=request, now=clock.now())
    )
    return {"id": made.id, "name": made.name, "parent": parent}


async def _set_id(store: Store, account_name: str, permission_set: str) -> tuple[int, str]:
    account = await named_account(store, account_name)
    setup = await read_set_up(store, account)
    found = chosen_id("permission set", permission_set, ids_by_name(setup.permission_sets))
    return account.portal_id, found or ""
