"""What was renamed at HubSpot, or is gone: recognised by id, reported, never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from syncline.gateway.domain.account import Account, PermissionSet, Team
from syncline.gateway.domain.rules import Rule
from syncline.gateway.domain.tenant import Policy


@dataclass(frozen=True, slots=True)
class Rename:
    """A permission set or team that is called otherwise now; `after` is None when it is gone."""

    what: str
    id: str
    before: str
    after: str | None

    @property
    def sentence(self) -> str:
        """What has happened, for an operator."""
        if self.after is None:
            return f"The {self.what} {self.before!r} is no longer in the HubSpot account."
        return f"The {self.what} {self.before!r} is now called {self.after!r} in the HubSpot account."


def renames_of(before: Account, after: Account) -> tuple[Rename, ...]:
    """Return what two readings of one account call by different names."""
    return (
        *_renames("permission set", before.permission_sets, after.permission_sets),
        *_renames("team", before.teams, after.teams),
    )


def _renames(
    what: str, before: Iterable[PermissionSet | Team], after: Iterable[PermissionSet | Team]
) -> Iterator[Rename]:
    names = {each.id: each.name for each in after}
    for each in before:
        name = names.get(each.id)
        if name != each.name:
            yield Rename(what, each.id, each.name, name)


def used_ids(rules: Iterable[Rule], policy: Policy) -> frozenset[str]:
    """Return the ids of the permission sets and teams that the tenant's rules and policy name."""
    named = {policy.default_permission_set, policy.strip_to}
    for rule in rules:
        named |= {rule.permission_set_id, rule.primary_team_id, *rule.secondary_team_ids}
    return frozenset(each for each in named if each)
