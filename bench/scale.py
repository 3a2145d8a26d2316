"""How much is measured: quick by default, more with `--full`, next to nothing for the smoke test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The size of a run. `scim2_users` and `scim2_members` are the most that scim2-server is asked to bear."""

    name: str
    users: tuple[int, ...]
    members: tuple[int, ...]
    scim2_users: int
    scim2_members: int
    rounds: int
    seconds: float
    """The length of one measurement of one operation."""
    requests: int
    """The most requests of one measurement."""
    sync_users: int
    """People of the initial sync at the portal; at the allowance, about 17 a second."""
    account_users: int
    """People who are at HubSpot before it, whom the directory does not know."""
    backlog: int
    """People who come in at once, in compressed time."""
    connections: tuple[int, ...]
    """Clients at a time, where the databases are compared."""
    plan_people: int
    """People a plan is made over."""
    visits: int
    """Rounds of six seconds of writes, alone and beside users of the console."""
    operations: tuple[str, ...] = ()
    """The names of the operations that are measured alone; all, when there are none."""


SMALLEST = Scale(
    name="smallest",
    users=(20,),
    members=(10, 20),
    scim2_users=20,
    scim2_members=20,
    rounds=1,
    seconds=0.2,
    requests=40,
    sync_users=12,
    account_users=3,
    backlog=30,
    connections=(8,),
    plan_people=40,
    visits=1,
)
QUICK = Scale(
    name="quick",
    users=(1_000, 10_000),
    members=(10, 100, 1_000, 10_000),
    scim2_users=1_000,
    scim2_members=1_000,
    rounds=9,
    seconds=0.5,
    requests=800,
    sync_users=600,
    account_users=110,
    backlog=10_000,
    connections=(32, 64, 96),
    plan_people=20_000,
    visits=8,
)
FULL = Scale(
    name="full",
    users=(1_000, 10_000, 100_000),
    members=(10, 100, 1_000, 10_000),
    scim2_users=10_000,
    scim2_members=10_000,
    rounds=9,
    seconds=1.0,
    requests=2_000,
    sync_users=1_500,
    account_users=110,
    backlog=10_000,
    connections=(32, 64, 96),
    plan_people=100_000,
    visits=8,
)
SCALES = {scale.name: scale for scale in (SMALLEST, QUICK, FULL)}
