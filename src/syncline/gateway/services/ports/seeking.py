"""Looking through people and events as an operator does: narrowed, a page at a time, and never through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from syncline.clock import Milliseconds
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports.deliveries import WorkItem
from syncline.gateway.services.ports.journal import Event


class PersonState(StrEnum):
    """Where people can be looked for. Somebody may be in several."""

    IN_STEP = "in-step"
    WAITING = "waiting"
    """Something is to be sent, whether it was tried before or not."""
    RETRYING = "retrying"
    """Something is to be sent that was tried before."""
    HELD = "held"
    ABSENT = "absent"
    """Without access at HubSpot through us: never given, or removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtPeople:
    """What people are narrowed to; None narrows nothing. `search` is a part of an e-mail, or a SCIM id."""

    state: PersonState | None = None
    reason: HoldReason | None = None
    """Of those held, whom this holds."""
    search: str | None = None


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """People in order of key, and where to look on: None after the last. There may be nobody and yet more to see."""

    items: Sequence[WorkItem]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtEvents:
    """What events are narrowed to; None narrows nothing. A moment is part of the window that begins with it."""

    subject: str | None = None
    kind: str | None = None
    """The beginning of a kind."""
    kinds: tuple[str, ...] | None = None
    correlation_id: str | None = None
    since: Milliseconds | None = None
    until: Milliseconds | None = None
    oldest_first: bool = False
    """Look from the beginning of the window on, not back from its end."""

    def takes(self, event: Event) -> bool:
        """Tell whether the event is one of those."""
        return (
            self.subject in (None, event.subject)
            and (self.kind is None or event.kind.startswith(self.kind))
            and (self.kinds is None or event.kind in self.kinds)
            and self.correlation_id in (None, event.correlation_id)
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at < self.until)
        )


@dataclass(frozen=True, slots=True)
class FoundEvents:
    """Events, and the number of the last event that was looked at, to look on from; None when there is no more."""

    events: Sequence[Event]
    further: int | None
    looked_to: Milliseconds | None = None
    """When that event was."""


@dataclass(frozen=True, slots=True)
class Member:
    """A direct member of a group; the name is None for one who is no user here (yet)."""

    id: str
    user_name: str | None


class SeekingStore(Protocol):
    """Looks through people and events, a bounded number of rows at a time."""

    async def people(
        self, tenant_id: TenantId, sought: SoughtPeople, after: str, limit: int
    ) -> FoundPeople: ...
    async def items(self, tenant_id: TenantId, keys: Sequence[str]) -> list[WorkItem]: ...
    async def events(
        self, tenant_id: TenantId, sought: SoughtEvents, after: int | None, limit: int
    ) -> FoundEvents: ...
    async def events_after(self, tenant_id: TenantId, seq: int, limit: int) -> list[Event]: ...
    async def last_event(self, tenant_id: TenantId) -> int: ...
    async def members(self, tenant_id: TenantId, group_id: str, after: str, limit: int) -> list[Member]: ...
