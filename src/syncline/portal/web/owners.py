"""Owners of CRM records: the same people under another id. `archived=true` is where deactivated users show.

Source: HubSpot's OpenAPI; that a deactivated user has no `userId` there and keeps `userIdIncludingInactive`
was observed by others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from syncline.portal.domain.errors import Detail, ObjectNotFound, ValidationError
from syncline.portal.domain.scopes import READ_OWNERS
from syncline.portal.domain.user import AccountUser
from syncline.portal.store import owners, reads
from syncline.portal.web.answer import Answer
from syncline.portal.web.call import Call
from syncline.portal.web.endpoint import Operation
from syncline.portal.web.paging import number, page_answer, page_bounds
from syncline.scimserver.rendering import timestamp

PREFIXES = ("/crm/v3/owners", "/crm/owners/2026-03")
LARGEST_PAGE = 500


async def list_owners(call: Call) -> Answer:
    """Return a page of owners, or the one of an e-mail; archived ones only when asked for."""
    archived, email = call.switch("archived"), call.query("email")
    after, limit = page_bounds(call, LARGEST_PAGE)
    flags = call.account.flags

    def read(connection: Connection) -> tuple[list[AccountUser], dict[str, str]]:
        if email is None:
            found = owners.owners_after(
                connection, call.portal_id, after, limit + 1, archived=archived, flags=flags
            )
        else:
            found = owners.owners_of_email(connection, call.portal_id, email, archived=archived, flags=flags)
        return found, _team_names(connection, call.portal_id)

    found, teams = await call.store.reader.point(read)
    return page_answer(call, found, limit, lambda user: shown(user, teams), lambda user: user.owner_id)


async def get_owner(call: Call) -> Answer:
    """Return one owner by owner id, or by user id with `idProperty=userId`."""
    text: str = call.request.path_params["owner_id"]
    id_property, archived = call.query("idProperty") or "id", call.switch("archived")
    if id_property not in ("id", "userId"):
        message = "idProperty must be id or userId."
        raise ValidationError(message, Detail(message, code="INVALID_PARAMETER", where="idProperty"))
    wanted = number(text)

    def read(connection: Connection) -> tuple[AccountUser | None, dict[str, str]]:
        found = wanted and owners.owner(
            connection,
            call.portal_id,
            wanted,
            by_user_id=id_property == "userId",
            archived=archived,
            flags=call.account.flags,
        )
        return found or None, _team_names(connection, call.portal_id)

    found, teams = await call.store.reader.point(read)
    if found is None:
        raise ObjectNotFound(f"No owner was found for {text[:100]!r}.")
    return Answer(200, shown(found, teams))


ROUTES = {
    "": {"GET": Operation(list_owners, READ_OWNERS)},
    "/{owner_id}": {"GET": Operation(get_owner, READ_OWNERS)},
}
"""The addresses below each prefix."""


def shown(user: AccountUser, team_names: Mapping[str, str]) -> dict[str, Any]:
    """Return HubSpot's `PublicOwner`."""
    return {
        "id": str(user.owner_id),
        "type": "PERSON",
        "email": user.email,
        "firstName": user.first_name or "",
        "lastName": user.last_name or "",
        "userId": user.id if user.active else None,
        "userIdIncludingInactive": user.id,
        "createdAt": timestamp(user.created_at),
        "updatedAt": timestamp(user.updated_at),
        "archived": not user.active,
        "teams": _shown_teams(user, team_names),
    }


def _shown_teams(user: AccountUser, names: Mapping[str, str]) -> list[dict[str, Any]]:
    if not user.present:
        return []
    primary = [(user.primary_team_id, True)] if user.primary_team_id else []
    both = primary + [(team_id, False) for team_id in user.secondary_team_ids]
    return [
        {"id": team_id, "name": names[team_id], "primary": is_primary}
        for team_id, is_primary in both
        if team_id in names
    ]


def _team_names(connection: Connection, portal_id: int) -> dict[str, str]:
    return {team.id: team.name for team in reads.set_up(connection, portal_id).teams}
