"""The people of an account, as a super admin sees and changes them in HubSpot."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from syncline.clock import Clock, Milliseconds
from syncline.portal.administration.naming import (
    chosen_id,
    ids_by_name,
    moment,
    named_account,
    read_set_up,
    read_user,
    user_key,
)
from syncline.portal.domain import passwords
from syncline.portal.domain.account import SetUp
from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.requests import PublicUserUpdate, UserProvisionRequest
from syncline.portal.domain.seats import held
from syncline.portal.domain.user import AccountUser
from syncline.portal.store import reads
from syncline.portal.store.commands.logins import SetPassword
from syncline.portal.store.commands.users import AcceptInvite, CreateUser, RemoveUser, SetAccess, UpdateUser
from syncline.portal.store.store import Store


async def list_users(
    store: Store, clock: Clock, account_name: str, *, limit: int = 100, after: int = 0
) -> dict[str, Any]:
    """Return users in the order of ids, and the `after` of the next page, or None."""
    account = await named_account(store, account_name)

    def read(connection: Connection) -> tuple[SetUp, list[AccountUser]]:
        found = reads.users_after(connection, account.portal_id, after, limit + 1, with_deactivated=True)
        return reads.set_up(connection, account.portal_id), found

    setup, found = await store.reader.scan(read)
    now = clock.now()
    shown = [_shown_user(user, setup, now) for user in found[:limit]]
    return {"users": shown, "next": found[limit - 1].id if len(found) > limit else None}


async def show_user(store: Store, clock: Clock, account_name: str, user: str) -> dict[str, Any]:
    """Return one user, named by e-mail or id."""
    account = await named_account(store, account_name)
    found = await read_user(store, account, user)
    setup = await read_set_up(store, account)
    return _shown_user(found, setup, clock.now())


async def add_user(
    store: Store,
    clock: Clock,
    account_name: str,
    *,
    email: str,
    first_name: str | None = None,
    last_name: str | None = None,
    permission_set: str | None = None,
    team: str | None = None,
    further_teams: Sequence[str] = (),
    seats: Sequence[str] = (),
    actor: int | None = None,
) -> dict[str, Any]:
    """Add somebody by hand, as a super admin does in HubSpot; sets and teams go by name or id."""
    account = await named_account(store, account_name)
    setup = await read_set_up(store, account)
    sets, teams = ids_by_name(setup.permission_sets), ids_by_name(setup.teams)
    request = UserProvisionRequest(
        email=email,
        first_name=first_name or msgspec.UNSET,
        last_name=last_name or msgspec.UNSET,
        role_id=chosen_id("permission set", permission_set, sets) or msgspec.UNSET,
        primary_team_id=chosen_id("team", team, teams) or msgspec.UNSET,
        secondary_team_ids=[chosen_id("team", name, teams) or "" for name in further_teams],
        seat_names=list(seats),
    )
    added = await store.writer.submit(
        CreateUser(
            portal_id=account.portal_id,
            request=request,
            may_bill=True,
            now=clock.now(),
            by_hand=True,
            actor=actor,
        )
    )
    return _shown_user(added, setup, clock.now())


async def change_user(
    store: Store,
    clock: Clock,
    account_name: str,
    user: str,
    *,
    first_name: str | None = None,
    last_name: str | None = None,
    permission_set: str | None = None,
    team: str | None = None,
    further_teams: Sequence[str] | None = None,
    seats: Sequence[str] | None = None,
    actor: int | None = None,
) -> dict[str, Any]:
    """Change somebody by hand; what is None stays, an empty set or team is taken away.

    `ValidationError` for the name of a user SCIM manages, and for the permissions while role sync is on.
    """
    account = await named_account(store, account_name)
    setup = await read_set_up(store, account)
    sets, teams = ids_by_name(setup.permission_sets), ids_by_name(setup.teams)
    request = PublicUserUpdate(
        first_name=msgspec.UNSET if first_name is None else first_name,
        last_name=msgspec.UNSET if last_name is None else last_name,
        role_id=msgspec.UNSET
        if permission_set is None
        else chosen_id("permission set", permission_set, sets),
        primary_team_id=msgspec.UNSET if team is None else chosen_id("team", team, teams),
        secondary_team_ids=msgspec.UNSET
        if further_teams is None
        else [chosen_id("team", name, teams) or "" for name in further_teams],
        seat_names=msgspec.UNSET if seats is None else list(seats),
    )
    command = UpdateUser(
        portal_id=account.portal_id,
        key=user_key(user),
        request=request,
        may_bill=True,
        now=clock.now(),
        by_hand=True,
        actor=actor,
    )
    return _shown_user(await store.writer.submit(command), setup, clock.now())


async def set_access(
    store: Store, clock: Clock, account_name: str, user: str, *, active: bool, actor: int | None = None
) -> dict[str, Any]:
    """Deactivate or reactivate a user by hand; `actor` is who does it, the first super admin unless named."""
    account = await named_account(store, account_name)
    command = SetAccess(
        portal_id=account.portal_id, key=user_key(user), active=active, now=clock.now(), actor=actor
    )
    return _shown_user(await store.writer.submit(command), await read_set_up(store, account), clock.now())


async def accept_invite(store: Store, clock: Clock, account_name: str, user: str) -> dict[str, Any]:
    """Let a user accept the invitation now."""
    account = await named_account(store, account_name)
    command = AcceptInvite(portal_id=account.portal_id, key=user_key(user), now=clock.now())
    return _shown_user(await store.writer.submit(command), await read_set_up(store, account), clock.now())


async def remove_user(
    store: Store, clock: Clock, account_name: str, user: str, *, actor: int | None = None
) -> dict[str, Any]:
    """Remove a user from the account by hand; `SetupError` for somebody who is not in it."""
    account = await named_account(store, account_name)
    found = await read_user(store, account, user)
    await store.writer.submit(
        RemoveUser(portal_id=account.portal_id, key=found.id, now=clock.now(), actor=actor)
    )
    return {"removed": found.email}


async def set_password(
    store: Store, account_name: str, user: str, *, password: str | None = None
) -> dict[str, Any]:
    """Give a user a password for the portal's sign-in page, a new random one if none is named."""
    account = await named_account(store, account_name)
    try:
        text = secrets.token_urlsafe(12) if password is None else passwords.check_password(password)
    except ValueError as error:
        raise SetupError(f"{str(error).capitalize()}.") from None
    kept = await asyncio.to_thread(passwords.hashed, text, secrets.token_bytes(16))
    email = await store.writer.submit(
        SetPassword(portal_id=account.portal_id, key=user_key(user), password=kept)
    )
    return {"email": email, "password": text}


def _shown_user(user: AccountUser, setup: SetUp, now: Milliseconds) -> dict[str, Any]:
    sets = {one.id: one.name for one in setup.permission_sets}
    teams = {team.id: team.name for team in setup.teams}
    return {
        "id": str(user.id),
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "standing": user.standing(now).value,
        "permission_sets": [sets.get(set_id, set_id) for set_id in user.permission_set_ids],
        "primary_team": user.primary_team_id and teams.get(user.primary_team_id, user.primary_team_id),
        "secondary_teams": [teams.get(team_id, team_id) for team_id in user.secondary_team_ids],
        "seats": sorted(held(user, setup.seats_of_sets)),
        "own_seats": list(user.seat_names),
        "super_admin": user.super_admin,
        "scim": user.scim.value,
        "scim_id": user.scim_id,
        "owner_id": str(user.owner_id),
        "created_at": moment(user.created_at),
        "updated_at": moment(user.updated_at),
    }
