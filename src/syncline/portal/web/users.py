"""User provisioning in every version: `v3` in both spellings, `2026-03`, `2026-09-beta` and `2026-09`.

They differ in seats: `2026-03` knows none, and only the later ones list them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection

from syncline.portal.domain.account import PermissionSet, Team
from syncline.portal.domain.errors import Detail, ValidationError
from syncline.portal.domain.provisioning import not_found
from syncline.portal.domain.requests import PublicUserUpdate, UserFields, UserProvisionRequest
from syncline.portal.domain.scopes import BILLING, READ_TEAMS, READ_USERS, WRITE_USERS
from syncline.portal.domain.seats import Seat, held
from syncline.portal.domain.user import AccountUser
from syncline.portal.store import reads
from syncline.portal.store.commands.users import CreateUser, RemoveUser, UpdateUser
from syncline.portal.store.people import UserKey
from syncline.portal.web.answer import Answer
from syncline.portal.web.call import Call
from syncline.portal.web.endpoint import Operation
from syncline.portal.web.paging import number, page_answer, page_bounds

PREFIXES = (
    "/settings/users/2026-03",
    "/settings/v3/users",
    "/settings/users/v3",
    "/settings/users/2026-09-beta",
    "/settings/users/2026-09",
)
WITHOUT_SEATS = "/settings/users/2026-03"
LARGEST_PAGE = 100

F = TypeVar("F", bound=UserFields)


async def list_users(call: Call) -> Answer:
    """Return a page of the account's users, in the order of their ids; removed ones too while the list lags."""
    after, limit = page_bounds(call, LARGEST_PAGE)
    flags = call.account.flags
    lag = flags.removed_listed_seconds * 1000

    def read(connection: Connection) -> tuple[list[AccountUser], Carried]:
        users = reads.users_after(
            connection,
            call.portal_id,
            after,
            limit + 1,
            with_deactivated=flags.deactivated_listed,
            removed_since=call.now - lag if lag else None,
        )
        return users, _carried(connection, call)

    users, carried = await call.store.reader.point(read)
    return page_answer(call, users, limit, lambda user: shown(user, carried), lambda user: user.id)


async def create_user(call: Call) -> Answer:
    """Invite a user: 201 with the user and its Location."""
    request = _of_version(call, await call.body(UserProvisionRequest))
    user = await call.store.writer.submit(
        CreateUser(
            portal_id=call.portal_id,
            request=request,
            may_bill=_may_bill(call),
            now=call.now,
            actor=call.grant.user_id,
        )
    )
    location = call.address(f"{call.request.url.path.rstrip('/')}/{user.id}")
    body = {**await _shown_now(call, user), "sendWelcomeEmail": request.send_welcome_email}
    return Answer(201, body, {"Location": location})


async def get_user(call: Call) -> Answer:
    """Return one user by id or e-mail."""
    key = _key(call)

    def read(connection: Connection) -> tuple[AccountUser | None, Carried]:
        return reads.user(connection, call.portal_id, key), _carried(connection, call)

    user, carried = await call.store.reader.point(read)
    if user is None or not (user.active or call.account.flags.deactivated_listed):
        raise not_found(str(key))
    return Answer(200, shown(user, carried))


async def update_user(call: Call) -> Answer:
    """Change what the body names, and nothing else."""
    key = _key(call)
    request = _of_version(call, await call.body(PublicUserUpdate))
    user = await call.store.writer.submit(
        UpdateUser(
            portal_id=call.portal_id,
            key=key,
            request=request,
            may_bill=_may_bill(call),
            now=call.now,
            actor=call.grant.user_id,
        )
    )
    return Answer(200, await _shown_now(call, user))


async def remove_user(call: Call) -> Answer:
    """Remove a user; 204 also when there is nobody to remove."""
    await call.store.writer.submit(
        RemoveUser(portal_id=call.portal_id, key=_key(call), now=call.now, actor=call.grant.user_id)
    )
    return Answer(204)


async def list_roles(call: Call) -> Answer:
    """Return all permission sets; 400 on an account that has no such thing."""
    if not call.account.flags.roles_available:
        raise ValidationError("Account doesn't have access to roles.")
    setup = await call.store.reader.point(lambda connection: reads.set_up(connection, call.portal_id))
    return Answer(200, {"results": [_shown_set(one) for one in setup.permission_sets]})


async def list_teams(call: Call) -> Answer:
    """Return all teams with their members."""

    def read(connection: Connection) -> tuple[tuple[Team, ...], dict[str, reads.TeamMembers]]:
        teams = reads.set_up(connection, call.portal_id).teams
        return teams, reads.team_members(connection, call.portal_id, [team.id for team in teams])

    teams, members = await call.store.reader.scan(read)
    return Answer(200, {"results": [_shown_team(team, members[team.id]) for team in teams]})


async def list_seats(call: Call) -> Answer:
    """Return the kinds of seats and how many of each are left; no number where any are to be had."""
    seats = await call.store.reader.point(lambda connection: reads.seats_of(connection, call.portal_id))
    lag = call.account.flags.seat_release_seconds * 1000
    return Answer(200, {"results": [_shown_seat(seat, seat.remaining(call.now, lag)) for seat in seats]})


ROUTES = {
    "": {"GET": Operation(list_users, READ_USERS), "POST": Operation(create_user, WRITE_USERS)},
    "/roles": {"GET": Operation(list_roles, READ_USERS)},
    "/teams": {"GET": Operation(list_teams, READ_TEAMS)},
    "/{user_id}": {
        "GET": Operation(get_user, READ_USERS),
        "PUT": Operation(update_user, WRITE_USERS),
        "DELETE": Operation(remove_user, WRITE_USERS),
    },
}
"""The addresses below each prefix."""

SEATS = {
    f"/settings/users/{version}/seats": {"GET": Operation(list_seats, (BILLING,))}
    for version in ("2026-09-beta", "2026-09")
}
"""Whole addresses."""

Carried = Mapping[str, str] | None
"""The seats that permission sets carry, or None in a version that knows no seats."""


def shown(user: AccountUser, carried: Carried) -> dict[str, Any]:
    """Return HubSpot's `PublicUser`; what is not set is left out."""
    optional = {
        "firstName": user.first_name,
        "lastName": user.last_name,
        "roleId": user.permission_set_ids[0] if user.permission_set_ids else None,
        "primaryTeamId": user.primary_team_id,
        "seatNames": None if carried is None else sorted(held(user, carried)),
    }
    return {
        "id": str(user.id),
        "email": user.email,
        **{name: value for name, value in optional.items() if value is not None},
        "roleIds": list(user.permission_set_ids),
        "secondaryTeamIds": list(user.secondary_team_ids),
        "superAdmin": user.super_admin,
        "sendWelcomeEmail": False,
    }


def _knows_seats(call: Call) -> bool:
    return not call.request.url.path.startswith(WITHOUT_SEATS)


def _carried(connection: Connection, call: Call) -> Carried:
    return reads.set_up(connection, call.portal_id).seats_of_sets if _knows_seats(call) else None


async def _shown_now(call: Call, user: AccountUser) -> dict[str, Any]:
    if not _knows_seats(call):
        return shown(user, None)
    carried = await call.store.reader.point(lambda connection: _carried(connection, call))
    return shown(user, carried)


def _of_version(call: Call, request: F) -> F:
    """Return the body without what this version does not know."""
    return request if _knows_seats(call) else msgspec.structs.replace(request, seat_names=msgspec.UNSET)


def _shown_seat(seat: Seat, remaining: int | None) -> dict[str, Any]:
    left = {} if remaining is None else {"remainingSeats": remaining}
    return {"name": seat.name, "description": seat.description, **left}


def _shown_set(permission_set: PermissionSet) -> dict[str, Any]:
    return {
        "id": permission_set.id,
        "name": permission_set.name,
        "requiresBillingWrite": permission_set.paid,
    }


def _shown_team(team: Team, members: reads.TeamMembers) -> dict[str, Any]:
    return {
        "id": team.id,
        "name": team.name,
        "userIds": [str(user_id) for user_id in members.primary],
        "secondaryUserIds": [str(user_id) for user_id in members.secondary],
    }


def _may_bill(call: Call) -> bool:
    return BILLING in call.grant.scopes


def _key(call: Call) -> UserKey:
    """Return whom the path means; `idProperty` is USER_ID or EMAIL (HubSpot's OpenAPI)."""
    text: str = call.request.path_params["user_id"]
    id_property = call.query("idProperty") or "USER_ID"
    if id_property == "EMAIL":
        return text
    if id_property != "USER_ID":
        message = "idProperty must be USER_ID or EMAIL."
        raise ValidationError(message, Detail(message, code="INVALID_PARAMETER", where="idProperty"))
    user_id = number(text)
    if user_id is None:
        message = f"{text[:100]!r} is not a user id; use idProperty=EMAIL for an e-mail."
        raise ValidationError(message, Detail(message, code="INVALID_PARAMETER", where="userId"))
    return user_id
