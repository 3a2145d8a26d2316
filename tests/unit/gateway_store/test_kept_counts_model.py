"""Whatever is written in whatever batches, the counts that are kept are those a count of the rows gives."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from syncline.gateway.domain.delivery import FAILING_FROM
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.services.ports import Actor, Cause, Settlement
from syncline.gateway.store.commands.deliveries import MakeDue, Settle
from syncline.gateway.store.commands.leaving import leave_account
from syncline.gateway.store.commands.users import CreateUser, DeleteUser, PatchUser
from syncline.gateway.store.counted import ON_THEIR_WAY, counts_of
from syncline.gateway.store.tables import counters, deliveries, events
from syncline.scim.dialects import Notes
from syncline.scim.patch import parse_patch
from syncline.scim.resource import read
from syncline.scim.schemas import USER
from syncline.sql.rows import Need, Rows
from tests.unit.gateway_store.stores import TENANT, BothStores

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
NAMES = st.sampled_from(["ada@x.example", "bob@x.example", "cyd@x.example", "no address"])
WHICH = st.integers(0, 7)
REASONS = st.sampled_from([HoldReason.PROTECTED, HoldReason.STAGED_DELETION, HoldReason.KEPT_BY_EXCEPTION])
ATTEMPTS = st.sampled_from([1, FAILING_FROM - 1, FAILING_FROM])
ONE_BY_ONE = """
SELECT 'in-step', count(*) FROM deliveries WHERE tenant_id = 't1'
  AND due_at IS NULL AND hold_reason IS NULL AND intent <> 'released'
UNION ALL SELECT 'waiting', count(*) FROM deliveries WHERE tenant_id = 't1'
  AND due_at IS NOT NULL AND attempts = 0 AND NOT (hold_reason IS NOT NULL AND held_until IS due_at)
UNION ALL SELECT 'retrying', count(*) FROM deliveries WHERE tenant_id = 't1'
  AND due_at IS NOT NULL AND attempts BETWEEN 1 AND 14 AND NOT (hold_reason IS NOT NULL AND held_until IS due_at)
UNION ALL SELECT 'failing', count(*) FROM deliveries WHERE tenant_id = 't1'
  AND due_at IS NOT NULL AND attempts > 14 AND NOT (hold_reason IS NOT NULL AND held_until IS due_at)
UNION ALL SELECT hold_reason, count(*) FROM deliveries WHERE tenant_id = 't1'
  AND hold_reason IS NOT NULL AND (due_at IS NULL OR held_until = due_at) GROUP BY hold_reason
"""


@dataclass(frozen=True, slots=True)
class LeaveAccount:
    """What a connection to another account does to the deliveries."""

    at: int

    def prefetch(self) -> Iterable[Need]:
        return (Need(counters, ("tenant_id",), (TENANT,)),)

    def apply(self, rows: Rows) -> int:
        return leave_account(rows, TENANT, Actor("anna", self.at))


@dataclass(frozen=True, slots=True)
class NumberTwice:
    """Only the database finds out that there is an event of this number."""

    cause: Cause

    def prefetch(self) -> Iterable[Need]:
        return ()

    def apply(self, rows: Rows) -> None:
        numbers = {"tenant_id": TENANT, "seq": 1, "at": self.cause.at, "correlation_id": "c"}
        rows.insert(events, {**numbers, "kind": "k", "subject": None, "summary": "", "detail": "{}"})


class Deliveries(RuleBasedStateMachine):
    """People come and go, are delivered, held and tried again, in batches of any size."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="syncline-counts-"))
        self.stores = BothStores(self.folder)
        self.people: list[str] = []
        self.now = 1_000
        self.batch: list[Any] = []

    def cause(self) -> Cause:
        self.now += 1
        return Cause(self.now, f"c{self.now}")

    def person(self, which: int) -> str:
        return self.people[which % len(self.people)] if self.people else "nobody"

    @rule(name=NAMES, active=st.booleans())
    def create(self, name: str, active: bool) -> None:
        self.people.append(f"m{len(self.people)}")
        self.batch.append(CreateUser(TENANT, self.people[-1], user(name, active), self.cause()))

    @rule(which=WHICH, name=NAMES, active=st.booleans(), version=st.sampled_from([None, None, 99]))
    def change(self, which: int, name: str, active: bool, version: int | None) -> None:
        operations = [{"op": "replace", "value": {"userName": name, "active": active}}]
        patch = parse_patch(USER, {"schemas": [PATCH], "Operations": operations}, Notes())
        self.batch.append(PatchUser(TENANT, self.person(which), patch, version, self.cause(), Notes()))

    @rule(which=WHICH)
    def delete(self, which: int) -> None:
        self.batch.append(DeleteUser(TENANT, self.person(which), None, self.cause()))

    @rule(which=WHICH)
    def deliver(self, which: int) -> None:
        self.settle(which)

    @rule(which=WHICH, attempts=ATTEMPTS)
    def fail(self, which: int, attempts: int) -> None:
        self.settle(which, retry_at=self.now + 60, attempts=attempts)

    @rule(which=WHICH, reason=REASONS, until=st.booleans())
    def hold(self, which: int, reason: HoldReason, until: bool) -> None:
        self.settle(which, hold_reason=reason.value, retry_at=self.now + 60 if until else None)

    def settle(self, which: int, **how: Any) -> None:
        rows = self.stores.rows(deliveries)
        if rows:
            row = rows[which % len(rows)]
            done = Settlement(
                key=row["key"], revision=row["desired_revision"], epoch=1, kind="k", summary="", **how
            )
            self.batch.append(Settle(TENANT, (done,), self.cause()))

    @rule(which=WHICH)
    def make_due(self, which: int) -> None:
        keys = [row["key"] for row in self.stores.rows(deliveries)][: which + 1]
        self.batch.append(MakeDue(TENANT, tuple(keys), 1, self.cause().at))

    @rule()
    def leave(self) -> None:
        self.batch.append(LeaveAccount(self.cause().at))

    @rule()
    def write(self) -> None:
        self.stores.carry_out(self.batch)
        self.batch.clear()

    @rule()
    def be_refused_by_the_database(self) -> None:
        if self.stores.rows(events):
            self.stores.carry_out([*self.batch, NumberTwice(self.cause())])
            self.batch.clear()

    @invariant()
    def what_is_kept_is_what_is_there(self) -> None:
        if not self.batch:
            (kept,) = self.stores.rows(counters)
            counted = {kind: count for kind, count in self.stores.ask(ONE_BY_ONE) if count}
            assert counted == counts_of(kept["backlog"])

    def teardown(self) -> None:
        try:
            self.write()
            self.what_is_kept_is_what_is_there()
        finally:
            self.stores.close()
            shutil.rmtree(self.folder)


def user(name: str, active: bool) -> Any:
    return read(USER, {"schemas": [USER.schema.id], "userName": name, "active": active}, Notes())


def test_no_reason_of_a_hold_is_taken_for_something_else() -> None:
    assert set() == ON_THEIR_WAY & {reason.value for reason in HoldReason}


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(
    max_examples=60,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
