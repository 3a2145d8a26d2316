"""The HubSpot account as anybody may read it: through the portal's public API and its native SCIM endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import aiohttp

PAGE = 100


@dataclass(frozen=True, slots=True)
class SeenUser:
    """One user as the account shows him now."""

    id: str
    email: str
    first_name: str | None
    last_name: str | None
    permission_set: str | None
    team: str | None
    super_admin: bool
    deactivated: bool

    @property
    def name(self) -> str:
        """First and last name together."""
        return " ".join(filter(None, (self.first_name, self.last_name)))


class AccountReader:
    """Reads the account with a token of its own; used as an async context manager."""

    def __init__(self, base_url: str, access_token: str) -> None:
        self._base_url = base_url
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {access_token}"})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def users(self) -> dict[str, SeenUser]:
        """Return every user of the account by e-mail, the deactivated ones marked."""
        sets = {each["id"]: each["name"] for each in await self._all("/settings/users/2026-03/roles")}
        teams = {each["id"]: each["name"] for each in await self._all("/settings/users/2026-03/teams")}
        archived = await self._all("/crm/v3/owners/", archived="true", limit=str(PAGE))
        deactivated = {str(each["userIdIncludingInactive"]) for each in archived}
        seen = [
            _seen(each, sets, teams, deactivated)
            for each in await self._all("/settings/users/2026-03", limit=str(PAGE))
        ]
        return {user.email: user for user in seen}

    async def activity(self) -> list[dict[str, Any]]:
        """Return the account's own security history, oldest first."""
        found = await self._all("/account-info/2026-03/activity/security", limit=str(PAGE))
        return found[::-1]

    async def _all(self, path: str, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            async with self._session.get(self._base_url + path, params=query) as response:
                response.raise_for_status()
                body = await response.json()
            found += body["results"]
            after = body.get("paging", {}).get("next", {}).get("after")
            if after is None:
                return found
            query["after"] = after


def _seen(
    user: dict[str, Any], sets: dict[str, str], teams: dict[str, str], deactivated: set[str]
) -> SeenUser:
    role = next(iter(user.get("roleIds") or ()), None)
    return SeenUser(
        id=user["id"],
        email=user["email"],
        first_name=user.get("firstName"),
        last_name=user.get("lastName"),
        permission_set=sets.get(role) if role is not None else None,
        team=teams.get(user.get("primaryTeamId") or ""),
        super_admin=bool(user.get("superAdmin")),
        deactivated=user["id"] in deactivated,
    )
