"""What a change of the HubSpot account leaves in the rows, where no operation shows it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from syncline.gateway.domain.delivery import LEAVE, Access
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.store.memory import memory_store
from syncline.gateway.store.tables import approvals, audit_events, counters, deletions
from syncline.sql.memory import MemoryRows
from syncline.sql.sealing import Sealer
from tests.support.acme import Acme
from tests.support.gateway_stores import KEY

ADA = "ada@acme.example"


@pytest.fixture
def rows() -> MemoryRows:
    return MemoryRows()


@pytest.fixture
async def acme(rows: MemoryRows) -> Acme:
    """A live tenant with Ada at HubSpot account 7 and something approved for her."""
    made = await Acme(memory_store(Sealer(KEY), rows)).found()
    await made.connect()
    await made.store.setup.set_mode(made.id, TenantMode.LIVE, made.actor)
    await made.add(ADA)
    await made.arrive(ADA, "11")
    await made.store.setup.approve(made.id, [(ADA, LEAVE)], made.actor)
    await made.store.backlog.pass_threshold(made.id, ADA, made.now, None)
    return made


def connections_set(rows: MemoryRows) -> list[dict[str, Any]]:
    entries = [row for row in rows.all(audit_events) if row["action"] == "connection.set"]
    return [orjson.loads(row["detail"]) for row in sorted(entries, key=lambda row: row["seq"])]


async def test_the_audit_says_what_leaving_the_account_did(acme: Acme, rows: MemoryRows) -> None:
    await acme.connect(portal_id=8)

    first, last = connections_set(rows)
    left = {
        "account_left": "7 at https://api.hubapi.com",
        "people_forgotten": 1,
        "mode_before": "live",
        "mode": "plan",
    }
    assert left == {name: last.get(name) for name in left}
    assert set() == set(left) & set(first)


async def test_approvals_and_counts_end_with_the_account(acme: Acme, rows: MemoryRows) -> None:
    (before,) = rows.all(counters)
    assert (1, 1, 1) == (before["delivered"], len(list(rows.all(approvals))), len(list(rows.all(deletions))))

    await acme.connect(portal_id=8)

    (after,) = rows.all(counters)
    assert (0, [], []) == (after["delivered"], list(rows.all(approvals)), list(rows.all(deletions)))


async def test_another_address_is_another_account(acme: Acme) -> None:
    await acme.connect(base_url="https://elsewhere.example")

    assert None is (await acme.delivery(ADA)).hubspot_id


@pytest.mark.parametrize(("portal_id", "hubspot_id", "access"), [(7, "11", "active"), (8, None, "none")])
async def test_what_is_known_outlives_a_revoked_connection_for_the_same_account_alone(
    acme: Acme, portal_id: int, hubspot_id: str | None, access: str
) -> None:
    await acme.store.grants.disconnect(acme.id, acme.actor, {})

    await acme.connect(portal_id=portal_id)

    ada = await acme.delivery(ADA)
    assert (hubspot_id, Access(access)) == (ada.hubspot_id, ada.access)
