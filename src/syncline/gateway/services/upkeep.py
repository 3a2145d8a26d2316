"""The ports of upkeep: what keeping an installation well asks of the database, the logs and the network.

As in `ports`: records are frozen, moments are milliseconds since the epoch, UTC, and writes are durable when they
return.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from syncline.clock import Milliseconds
from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.ports import Actor, Cause, Tenant


class Read(Struct, frozen=True, kw_only=True, array_like=True):
    """One SCIM request that changed nothing, as the read log keeps it: as an array, so new fields go to the end."""

    at: Milliseconds
    correlation_id: str
    operation: str
    path: str
    status: int
    duration_us: int
    client: str | None
    user_agent: str


class LogKind(StrEnum):
    """The logs that are kept for a time only."""

    EVENTS = "events"
    CALLS = "calls"
    READS = "reads"


@dataclass(frozen=True, slots=True)
class Purged:
    """What one chunk of a purge came to; `after` is where the next begins, None at the end."""

    deleted: int
    after: Milliseconds | None


class LogKeeping(Protocol):
    """The read log, and the end of what the logs need not keep any longer."""

    async def keep_reads(self, reads: Mapping[TenantId, Sequence[Read]]) -> None: ...
    async def reads(self, tenant_id: TenantId, *, before: Milliseconds | None, limit: int) -> list[Read]: ...
    async def purge(
        self, tenant_id: TenantId, log: LogKind, older_than: Milliseconds, after: Milliseconds, limit: int
    ) -> Purged: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMade:
    """A backup: one file, and the name of the key that it does not hold."""

    file: str
    size: int
    revision: str
    key_name: str
    key_place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """A change of key: names before and after, how many values were sealed anew, where both keys are."""

    before: str
    after: str
    values: int
    old_key: str | None
    new_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunAgain:
    """What a tenant lost when the installation went on from a backup."""

    tenant: str
    mode_before: TenantMode
    mode: TenantMode
    portal_id: int | None
    """The account whose credentials were forgotten."""
    tokens: int
    """How many tokens have ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The state of the database; sizes in bytes, `fault` is what its own check complains of."""

    backend: str
    revision: str | None
    latest: str
    fault: str | None
    size: int | None
    log_size: int | None
    key_name: str
    key_place: str
    is_rotating: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What came of asking an address for something; `fault` says in words why there was no answer."""

    status: int | None
    date: Milliseconds | None = None
    """What the other side's clock says."""
    seen_at: Milliseconds | None = None
    """What our clock said then."""
    scim: bool = False
    """The answer was of a SCIM endpoint."""
    certificate_ends_at: Milliseconds | None = None
    fault: str | None = None


class Visitor(Protocol):
    """Asks an address for something, without any credential and without following redirects."""

    async def __call__(self, url: str) -> Visit: ...


Told = Callable[[str, int, int | None], None]
"""Told of the progress of something long: what is done now, how much of it, of how much."""


class Upkeep(Protocol):
    """The database as a whole: copied, examined, sealed with another key, begun again."""

    async def back_up(self, to: Path | None, at: Milliseconds, told: Told) -> BackupMade: ...
    async def condition(self) -> Condition: ...
    async def rotate_key(self, new_key: str | None) -> Rotated: ...
    async def begin_again(
        self, tenant: Tenant, cause: Cause, actor: Actor, sentence: str, *, without_key: bool
    ) -> BegunAgain: ...
    async def take_key(self) -> None: ...
