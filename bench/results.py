"""The figures of a run, as they are kept, printed and written to JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from bench.operations import FLOOR, GATEWAY


@dataclass(frozen=True, slots=True)
class Cost:
    """What one operation costs one server: CPU time of its process per request, median of the rounds."""

    server: str
    operation: str
    members: int | None
    users: int
    microseconds: float
    middle_ms: float
    """How long a client waited, in the middle, with all connections busy; mostly a matter of the machine."""
    requests: int

    @property
    def per_second(self) -> float:
        """Requests per second of server CPU."""
        return 1e6 / self.microseconds


@dataclass(frozen=True, slots=True)
class Start:
    """An empty server: CPU seconds until its first answer, and MB resident after it."""

    cpu_seconds: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class Sync:
    """An initial sync at the portal, in real time."""

    people: int
    account: int
    calls: int
    """All calls to HubSpot from the first connection check until everybody is in step."""
    unchanged_writes: int
    unchanged_calls: int
    allowance_per_second: float
    """0.90 of the limit the account states."""
    backlog_seconds: float
    backlog_calls: int
    rate_limited: int

    @property
    def used(self) -> float:
        """The share of the allowance that was used while there was a backlog."""
        return self.backlog_calls / (self.allowance_per_second * self.backlog_seconds)


@dataclass(frozen=True, slots=True)
class Backlog:
    """An initial sync in compressed time: how long it takes at the account's limit."""

    people: int
    limit: int
    """Calls HubSpot allows in ten seconds."""
    minutes: float
    wrong: int
    """People who were not at HubSpot as the directory says afterwards."""


@dataclass(frozen=True, slots=True)
class Deactivations:
    """People who leave while many wait, in compressed time: seconds from the answer to HubSpot's own log."""

    people: int
    still_waiting: int
    """People who still waited when the last one had left."""
    missed: int
    seconds: list[float]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan over many people and a preview of one rule: CPU seconds of the whole process, and what they disturb."""

    people: int
    plan_seconds: float
    preview_seconds: float
    megabytes: float
    """The most the process ever had in memory."""
    write_ms: float
    """How long one SCIM write at a time takes, the 99th percentile, with nothing beside it."""
    beside_plan: float
    """How many times as long it takes while a plan is made."""
    beside_rule: float
    """The same while everybody is decided again after a change of the rules."""
    decided: int
    """People who were decided again meanwhile."""


@dataclass(frozen=True, slots=True)
class Visited:
    """SCIM writes at a steady pace, alone and while users of the console open one page after the other."""

    people: int
    users: int
    writes: int
    """How many were measured, of either kind."""
    middle_ms: float
    """How long one takes alone, in the middle."""
    alone_ms: float
    """The same in the 99th percentile."""
    beside_ms: float
    """The 99th percentile beside the users."""

    @property
    def times(self) -> float:
        """How many times as long it takes beside them, in the 99th percentile."""
        return self.beside_ms / self.alone_ms


@dataclass(frozen=True, slots=True)
class Writes:
    """Durable creates a second of one node, median of the rounds, with so many clients at a time."""

    connections: int
    sqlite: float
    postgresql: float
    share: float
    """PostgreSQL's of SQLite's: the median of what neighbouring rounds say."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A bound the product promises, what was found, and whether it holds."""

    promise: str
    found: str
    holds: bool


@dataclass(slots=True)
class Results:
    """Everything one run found; a part that was not asked for is empty."""

    scale: str
    machine: dict[str, str]
    costs: list[Cost] = field(default_factory=list)
    start: Start | None = None
    sync: Sync | None = None
    backlogs: list[Backlog] = field(default_factory=list)
    deactivations: Deactivations | None = None
    plan: Planned | None = None
    visited: Visited | None = None
    writes: list[Writes] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    def cost(self, server: str, operation: str, users: int) -> Cost | None:
        """Return one figure, or None where it was not measured."""
        keys = ((cost, (cost.server, cost.operation, cost.users)) for cost in self.costs)
        return next((cost for cost, key in keys if key == (server, operation, users)), None)

    def of_the_floor(self, operation: str, users: int) -> float | None:
        """Return how much the gateway does per CPU second as a share of what the floor does."""
        bare, ours = self.cost(FLOOR, operation, users), self.cost(GATEWAY, operation, users)
        return None if bare is None or ours is None else bare.microseconds / ours.microseconds

    def sizes(self) -> list[int]:
        """Return the numbers of stored users that were measured."""
        return sorted({cost.users for cost in self.costs})

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON wants it."""
        shown = asdict(self)
        if self.sync is not None:
            shown["sync"]["used"] = self.sync.used
        return shown
