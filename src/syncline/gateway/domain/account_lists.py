"""What has become of an account's permission sets and teams, recognised by id: never guessed by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from syncline.gateway.domain.account import Account


@dataclass(frozen=True, slots=True)
class ListChange:
    """One permission set or team that is called otherwise, or is gone (`after` is None)."""

    what: str
    """`permission set` or `team`."""
    id: str
    before: str
    after: str | None

    @property
    def kind(self) -> str:
        """The kind of its event."""
        noun = self.what.replace(" ", "-")
        return f"account.{noun}-{'deleted' if self.after is None else 'renamed'}"

    @property
    def summary(self) -> str:
        """The change in words."""
        if self.after is None:
            return f"The {self.what} {self.before!r} ({self.id}) is no longer in the HubSpot account"
        return f"The {self.what} {self.before!r} ({self.id}) is now called {self.after!r}; it is the same one"


def list_changes(before: Account | None, after: Account) -> tuple[ListChange, ...]:
    """Return what was renamed or deleted between two readings; a list that cannot be read any more says nothing."""
    if before is None or before.portal_id != after.portal_id:
        return ()
    sets = _changes(
        "permission set",
        {each.id: each.name for each in before.permission_sets},
        {each.id: each.name for each in after.permission_sets},
    )
    teams = _changes(
        "team", {each.id: each.name for each in before.teams}, {each.id: each.name for each in after.teams}
    )
    return (*sets, *teams)


def _changes(what: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[ListChange]:
    if not after:
        return
    for element_id, name in before.items():
        now = after.get(element_id)
        if now != name:
            yield ListChange(what, element_id, name, now)
