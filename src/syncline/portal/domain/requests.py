"""Bodies of the user-provisioning API, as HubSpot's OpenAPI names their fields."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

Given = str | UnsetType | None
"""A value, null, or nothing at all."""


class UserFields(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What create and update have in common. Absent leaves things as they are; null or "" takes away."""

    first_name: Given = UNSET
    last_name: Given = UNSET
    role_id: Given = UNSET
    primary_team_id: Given = UNSET
    secondary_team_ids: list[str] | UnsetType | None = UNSET
    seat_names: list[str] | UnsetType | None = UNSET

    @property
    def names_given(self) -> bool:
        """Whether the body says anything about the name."""
        return self.first_name is not UNSET or self.last_name is not UNSET


class UserProvisionRequest(UserFields, frozen=True, kw_only=True, rename="camel"):
    """The body of a create. HubSpot's own client may leave `sendWelcomeEmail` out, which means no."""

    email: str
    send_welcome_email: bool = False


class PublicUserUpdate(UserFields, frozen=True, kw_only=True, rename="camel"):
    """The body of an update: no e-mail, no super admin, no active; other members are ignored."""


class TeamMember(msgspec.Struct, frozen=True, rename="camel"):
    """Somebody in a team: DEFAULT as their primary team, EXTRA as a further one."""

    user_id: str
    type: Literal["DEFAULT", "EXTRA"]


class TeamCreateRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of a new team."""

    name: str
    members: list[TeamMember] = []
    parent_team_id: str | None = None


class TeamUpdateRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of a change of a team; absent leaves things as they are, a null parent puts it on top."""

    name: str | UnsetType = UNSET
    parent_team_id: Given = UNSET


class TeamMemberBatch(msgspec.Struct, frozen=True):
    """The body of a batch of members."""

    inputs: list[TeamMember]
