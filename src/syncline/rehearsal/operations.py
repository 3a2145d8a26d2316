"""Changes of single attributes, and how Entra's default dialect writes one: capitalised, booleans as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from syncline.rehearsal import paths
from syncline.rehearsal.paths import Resource

PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass(frozen=True, slots=True)
class Operation:
    """One change of one attribute; `old` is what the target had, for the log only."""

    op: str
    path: str
    value: Any = None
    old: Any = None

    @classmethod
    def between(cls, path: str, value: str | bool, target: Resource) -> Operation | None:
        """Return the operation that gives the target this value, or None when it has it already."""
        old = paths.read(target, path)
        if old == value:
            return None
        return cls("Add" if old is None else "Replace", path, value, old)

    def wire(self) -> dict[str, Any]:
        """Return the operation in the default dialect; a Remove of a whole attribute carries no value."""
        if self.value is None:
            return {"op": self.op, "path": self.path}
        value = str(self.value) if isinstance(self.value, bool) else self.value
        return {"op": self.op, "path": self.path, "value": value}


def differences(outgoing: Mapping[str, str | bool], target: Resource) -> list[Operation]:
    """Return one operation per mapped attribute whose value at the target is another, in mapping order."""
    found = (Operation.between(path, value, target) for path, value in outgoing.items())
    return [operation for operation in found if operation is not None]


def add_members(target_ids: Iterable[str]) -> Operation:
    """Return the operation that adds members, each with the null `$ref` Entra sends."""
    return Operation("Add", "members", [{"$ref": None, "value": target_id} for target_id in target_ids])


def remove_members(target_ids: Iterable[str]) -> Operation:
    """Return the operation that removes members by a plain value array, as the default dialect does."""
    return Operation("Remove", "members", [{"$ref": None, "value": target_id} for target_id in target_ids])
