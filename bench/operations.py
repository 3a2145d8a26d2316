"""What is measured: every operation by name, and which servers know it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

FLOOR, GATEWAY, SCIM2 = "floor", "gateway", "scim2-server"
SERVERS = (FLOOR, GATEWAY, SCIM2)


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the figures. A group's operation says how many members the group has."""

    name: str
    title: str
    members: int | None = None

    @property
    def on_the_floor(self) -> bool:
        """Whether the floor can do it."""
        return self.name in ("create", "filter")


# Each round deletes at its end whom it created at its beginning, so the number of users stays what it is.
USER_OPERATIONS = (
    Operation("create", "create a user"),
    Operation("get", "GET a user"),
    Operation("filter", "filter userName eq"),
    Operation("list", "list a page of 100"),
    Operation("patch_one", "PATCH, one operation"),
    Operation("patch_eight", "PATCH, eight operations"),
    Operation("replace", "PUT a user"),
    Operation("delete", "DELETE a user"),
)


def member_operation(members: int) -> Operation:
    """Return the operation that adds one member to a group of that size, or takes one out again."""
    return Operation(f"member_{members}", f"one member in or out of {members:,}", members)


def operations(members: Iterable[int]) -> tuple[Operation, ...]:
    """Return all operations, those on groups of these sizes included."""
    return (*USER_OPERATIONS, *map(member_operation, members))
