"""What is said of permission sets and teams that the account no longer has: their names, and what is like them."""

from __future__ import annotations

from collections.abc import Sequence

from syncline.gateway.domain.account import Account, PermissionSet, Team
from syncline.gateway.domain.near_misses import nearest


def missing_permission_sets(set_ids: Sequence[str], account: Account) -> str:
    """Name permission sets that are gone, each with the set there is that comes nearest by its name."""
    said = [_said(each, account.former_permission_sets, account.permission_sets) for each in set_ids]
    return f"Missing: the permission set {', '.join(said)}."


def missing_teams(team_ids: Sequence[str], account: Account) -> str:
    """Name teams that are gone, each with the team there is that comes nearest by its name."""
    said = [_said(each, account.former_teams, account.teams) for each in team_ids]
    return f"Missing: the team {', '.join(said)}."


def _said(
    element_id: str, former: Sequence[PermissionSet | Team], present: Sequence[PermissionSet | Team]
) -> str:
    name = next((each.name for each in former if each.id == element_id), None)
    if name is None:
        return f"with the id {element_id}"
    namesake = next((each.id for each in present if each.name == name), None)
    if namesake is not None:
        return f"{name!r} with the id {element_id}; another of that name has the id {namesake}"
    near = nearest(name, tuple(each.name for each in present))
    nearly = "" if near is None else f"; the nearest by name is {near!r}"
    return f"{name!r} with the id {element_id}{nearly}"
