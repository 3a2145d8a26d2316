"""What a directory holds: users, groups and app roles, with Entra's own property names in snake case."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from syncline.clock import Milliseconds

DEFAULT_ACCESS = ""
"""The role of somebody assigned without choosing one."""


class ObjectKind(StrEnum):
    """The two kinds of objects that Entra provisions; the values are Entra's words in its log."""

    USER = "User"
    GROUP = "Group"


class DirectoryError(Exception):
    """A change the directory refuses; the message says why and what would be accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryUser:
    """One person. `manager` is an object id; `deleted_at` is set while they are in the recycle bin."""

    object_id: str
    user_principal_name: str
    mail_nickname: str
    display_name: str
    mail: str | None = None
    given_name: str | None = None
    surname: str | None = None
    job_title: str | None = None
    department: str | None = None
    employee_id: str | None = None
    manager: str | None = None
    telephone_number: str | None = None
    mobile: str | None = None
    fax_number: str | None = None
    street_address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    office: str | None = None
    preferred_language: str | None = None
    account_enabled: bool = True
    deleted_at: Milliseconds | None = None

    @property
    def active(self) -> bool:
        """Whether the person may sign in: neither blocked nor soft-deleted."""
        return self.account_enabled and self.deleted_at is None

    @property
    def known_principal_name(self) -> str:
        """The principal name people know, also while a soft delete has mangled it."""
        return self.user_principal_name[32:] if self.deleted_at is not None else self.user_principal_name


@dataclass(slots=True, kw_only=True)
class DirectoryGroup:
    """One group: members by object id, in order; `department` names whose people it gathers."""

    object_id: str
    display_name: str
    department: str | None = None
    members: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AppRole:
    """A role the application offers. `value` is what a token and the provisioning carry."""

    id: str
    value: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Change:
    """An object that changed; which of its properties, Entra learns by reading it."""

    sequence: int
    object_id: str
    kind: ObjectKind
