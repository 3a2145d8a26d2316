"""What is remembered of the past, and how things stand in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from syncline.clock import Milliseconds


class Activity(StrEnum):
    """What can be told by the hour without counting it."""

    EVENTS = "events"
    CALLS = "calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of the provisioning log."""

    seq: int
    at: Milliseconds
    correlation_id: str
    kind: str
    subject: str | None
    summary: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The first event that confirmed a check; the event itself may have ended meanwhile."""

    seq: int
    at: Milliseconds
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change of the set-up: who, when, what. Its detail holds no secret."""

    seq: int
    at: Milliseconds
    actor: str
    action: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call to HubSpot as it was logged."""

    seq: int
    sent_at: Milliseconds
    channel: str
    purpose: str
    delivery_key: str | None
    correlation_id: str
    status: int | None
    answered_at: Milliseconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How many there are of what, for one tenant. A delivery that is due is not counted as held, nor as in step."""

    users: int
    groups: int
    in_step: int
    waiting: int
    retrying: int
    failing: int
    """Those among `retrying` who keep failing."""
    held: Mapping[str, int]
    last_contact_at: Milliseconds | None


@dataclass(frozen=True, slots=True)
class RoleSeen:
    """A role value the identity provider has given to so many people, and when that last changed."""

    role: str
    people: int
    last_at: Milliseconds


@dataclass(frozen=True, slots=True)
class GroupSeen:
    """A group with the number of its direct members; `ordinal` is its place among the tenant's resources."""

    id: str
    display_name: str
    members: int
    ordinal: int
