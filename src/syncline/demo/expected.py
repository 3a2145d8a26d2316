"""What HubSpot should show, worked out from the simulated directory and the rules of the demo alone."""

from __future__ import annotations

from collections.abc import Mapping

from syncline.demo.account import SeenUser
from syncline.rehearsal import Directory, DirectoryUser

DEFAULT_SET = "Standard User"
SET_OF_ROLE = {"Manager": "Manager", "User": "Sales User"}
TEAM_OF_DEPARTMENT = {
    "Sales": "Sales",
    "Marketing": "Marketing",
    "Customer Success": "Service",
    "Support": "Service",
    "Operations": "Operations",
}
SET_THEY_HAD = "Marketing User"
"""What the people who were at HubSpot before had there."""


def permission_set(company: Directory, user: DirectoryUser, *, was_there: bool) -> str:
    """Return the permission set a person should have: by role, else what he had, else the default."""
    for role in company.app_roles(user.object_id):
        if role.value in SET_OF_ROLE:
            return SET_OF_ROLE[role.value]
    return SET_THEY_HAD if was_there else DEFAULT_SET


def team(user: DirectoryUser) -> str | None:
    """Return the team of a person's department."""
    return TEAM_OF_DEPARTMENT.get(user.department or "")


def differences(company: Directory, there_before: set[str], seen: Mapping[str, SeenUser]) -> list[str]:
    """Return who in the application's scope is not at HubSpot as the directory says, and how."""
    wrong: list[str] = []
    for user in company.in_scope():
        found = seen.get(user.known_principal_name.lower())
        if found is None:
            wrong.append(f"{user.known_principal_name} is not there")
            continue
        was_there = user.object_id in there_before
        wanted = (
            f"{user.given_name} {user.surname}",
            permission_set(company, user, was_there=was_there),
            team(user),
        )
        has = (found.name, found.permission_set, found.team)
        if wanted != has or found.deactivated:
            wrong.append(f"{found.email} has {has}, not {wanted}")
    return wrong
