"""Teams in the 2026-09 API: made, changed, ended, and their members, singly and in batches."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Connection

from syncline.portal.domain.account import Team
from syncline.portal.domain.errors import Detail, ValidationError
from syncline.portal.domain.requests import TeamCreateRequest, TeamMember, TeamMemberBatch, TeamUpdateRequest
from syncline.portal.domain.scopes import READ_TEAMS, WRITE_TEAMS
from syncline.portal.domain.teams import no_such_team
from syncline.portal.store import reads
from syncline.portal.store.commands.teams import (
    AddTeamMembers,
    ChangeTeam,
    CreateTeam,
    DeleteTeam,
    RemoveTeamMember,
)
from syncline.portal.store.team_reads import Membership, members_after
from syncline.portal.web.answer import Answer
from syncline.portal.web.batch import batch_answer, check_batch
from syncline.portal.web.call import Call
from syncline.portal.web.endpoint import Operation
from syncline.portal.web.paging import page_answer, page_bounds

PREFIXES = ("/settings/teams/2026-09-beta", "/settings/teams/2026-09")
LARGEST_PAGE = 100
LARGEST_BATCH = 100


async def list_teams(call: Call) -> Answer:
    """Return a page of teams in the order of their ids."""
    after, limit = page_bounds(call, LARGEST_PAGE)
    setup = await call.store.reader.point(lambda connection: reads.set_up(connection, call.portal_id))
    teams = sorted(setup.teams, key=lambda team: int(team.id))
    found = [team for team in teams if int(team.id) > after][: limit + 1]
    return page_answer(call, found, limit, _shown, lambda team: int(team.id))


async def create_team(call: Call) -> Answer:
    """Make a team: 201 with the team and its Location."""
    request = await call.body(TeamCreateRequest)
    team = await call.store.writer.submit(
        CreateTeam(portal_id=call.portal_id, request=request, now=call.now, actor=call.grant.user_id)
    )
    location = call.address(f"{call.request.url.path.rstrip('/')}/{team.id}")
    return Answer(201, _shown(team), {"Location": location})


async def get_team(call: Call) -> Answer:
    """Return one team."""
    setup = await call.store.reader.point(lambda connection: reads.set_up(connection, call.portal_id))
    team = setup.team(_team_id(call))
    if team is None:
        raise no_such_team(_team_id(call))
    return Answer(200, _shown(team))


async def update_team(call: Call) -> Answer:
    """Change what the body names."""
    request = await call.body(TeamUpdateRequest)
    team = await call.store.writer.submit(
        ChangeTeam(portal_id=call.portal_id, team_id=_team_id(call), request=request)
    )
    return Answer(200, _shown(team))


async def delete_team(call: Call) -> Answer:
    """End a team; its members lose it."""
    await call.store.writer.submit(
        DeleteTeam(portal_id=call.portal_id, team_id=_team_id(call), now=call.now, actor=call.grant.user_id)
    )
    return Answer(204)


async def list_members(call: Call) -> Answer:
    """Return a page of a team's members in the order of their user ids."""
    after, limit = page_bounds(call, LARGEST_PAGE)
    team_id = _team_id(call)

    def read(connection: Connection) -> list[Membership]:
        if reads.set_up(connection, call.portal_id).team(team_id) is None:
            raise no_such_team(team_id)
        return members_after(connection, call.portal_id, team_id, after, limit + 1)

    found = await call.store.reader.scan(read)
    return page_answer(call, found, limit, _shown_member, lambda member: member.user_id)


async def add_member(call: Call) -> Answer:
    """Put one user into the team: 201."""
    member = await call.body(TeamMember)
    await _add(call, [member])
    location = call.address(f"{call.request.url.path.rstrip('/')}/{member.user_id}")
    return Answer(201, {"userId": member.user_id, "type": member.type}, {"Location": location})


async def add_members(call: Call) -> Answer:
    """Put several users into the team, all or none."""
    inputs = (await call.body(TeamMemberBatch)).inputs
    check_batch(inputs, LARGEST_BATCH)
    await _add(call, inputs)
    return batch_answer(call, [{"userId": member.user_id, "type": member.type} for member in inputs])


async def remove_member(call: Call) -> Answer:
    """Take a user out of the team: out of the primary place unless `type=EXTRA`."""
    member = TeamMember(call.request.path_params["user_id"], _type(call))
    await call.store.writer.submit(
        RemoveTeamMember(
            portal_id=call.portal_id,
            team_id=_team_id(call),
            member=member,
            now=call.now,
            actor=call.grant.user_id,
        )
    )
    return Answer(204)


ROUTES = {
    "": {"GET": Operation(list_teams, READ_TEAMS), "POST": Operation(create_team, WRITE_TEAMS)},
    "/{team_id}": {
        "GET": Operation(get_team, READ_TEAMS),
        "PATCH": Operation(update_team, WRITE_TEAMS),
        "DELETE": Operation(delete_team, WRITE_TEAMS),
    },
    "/{team_id}/members": {
        "GET": Operation(list_members, READ_TEAMS),
        "POST": Operation(add_member, WRITE_TEAMS),
    },
    "/{team_id}/members/batch": {"POST": Operation(add_members, WRITE_TEAMS)},
    "/{team_id}/members/{user_id}": {"DELETE": Operation(remove_member, WRITE_TEAMS)},
}
"""The addresses below each prefix."""


async def _add(call: Call, members: list[TeamMember]) -> None:
    await call.store.writer.submit(
        AddTeamMembers(
            portal_id=call.portal_id,
            team_id=_team_id(call),
            members=members,
            now=call.now,
            actor=call.grant.user_id,
        )
    )


def _team_id(call: Call) -> str:
    team_id: str = call.request.path_params["team_id"]
    return team_id


def _type(call: Call) -> Literal["DEFAULT", "EXTRA"]:
    match call.query("type"):
        case None | "DEFAULT":
            return "DEFAULT"
        case "EXTRA":
            return "EXTRA"
    message = "type must be DEFAULT or EXTRA."
    raise ValidationError(message, Detail(message, code="INVALID_PARAMETER", where="type"))


def _shown(team: Team) -> dict[str, Any]:
    parent = {} if team.parent_id is None else {"parentTeamId": team.parent_id}
    return {"id": team.id, "name": team.name, **parent}


def _shown_member(member: Membership) -> dict[str, Any]:
    return {"userId": str(member.user_id), "type": "DEFAULT" if member.primary else "EXTRA"}
