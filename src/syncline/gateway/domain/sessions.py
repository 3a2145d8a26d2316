"""How long somebody stays signed in, and how long a link works. Moments are milliseconds, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from syncline.clock import Milliseconds
from syncline.gateway.domain.operators import Role

MINUTE: Final = 60_000
SESSION_LIFE: Final = 8 * 60 * MINUTE
IDLE_LIFE: Final = 30 * MINUTE
FRESH_LIFE: Final = 10 * MINUTE
"""How recent a sign-in must be for tokens, rules to privileged sets, policies and people."""
SEEN_EVERY: Final = MINUTE
"""How exact the moment of last use is: one write a minute and session."""
OWNER_LINK_LIFE: Final = 24 * 60 * MINUTE
INVITATION_LIFE: Final = 7 * 24 * 60 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser in which somebody has signed in. Its id is a fingerprint: the cookie itself is not kept."""

    id: str
    operator_id: str
    begun_at: Milliseconds
    fresh_at: Milliseconds
    seen_at: Milliseconds
    client: str | None
    user_agent: str

    def is_alive(self, now: Milliseconds) -> bool:
        """Tell whether it still opens anything: 8 hours from its beginning, 30 minutes from its last use."""
        return now < self.begun_at + SESSION_LIFE and now < self.seen_at + IDLE_LIFE

    def is_fresh(self, now: Milliseconds) -> bool:
        """Tell whether the password was given within the last 10 minutes."""
        return now < self.fresh_at + FRESH_LIFE


class InvitationKind(StrEnum):
    """What a one-time link does."""

    FIRST_OWNER = "first owner"
    INVITATION = "invitation"
    NEW_PASSWORD = "new password"  # noqa: S105 - a kind of link


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A one-time link. `roles` is what its user gets, by tenant id; `operator_id` whose password it changes."""

    id: str
    fingerprint: bytes = field(repr=False)
    kind: InvitationKind
    email: str | None
    roles: Mapping[str, Role]
    operator_id: str | None
    created_at: Milliseconds
    created_by: str
    expires_at: Milliseconds
    used_at: Milliseconds | None = None

    def is_open(self, now: Milliseconds) -> bool:
        """Tell whether it can still be used, once."""
        return self.used_at is None and now < self.expires_at


BY_API_KEY: Final = "api-key:"
"""Before the id of a key: the name of whoever acts by means of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key to the admin API, with one role at one place. Its secret is not kept.

    `operator_id` is who answers for it: who made it, be it by means of another key of his. It ends with him, and with
    the role of his that it has: nobody leaves a way back in behind.
    """

    id: str
    tenant_id: str
    role: Role
    fingerprint: bytes = field(repr=False)
    description: str
    operator_id: str | None
    created_at: Milliseconds
    created_by: str
    expires_at: Milliseconds | None
    revoked_at: Milliseconds | None = None
    last_used_at: Milliseconds | None = None
    last_used_from: str | None = None
