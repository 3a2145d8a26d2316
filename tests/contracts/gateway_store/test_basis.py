"""What a decision rests on: read with the set-up it was made of, and again before anything leaves."""

from __future__ import annotations

import pytest

from syncline.gateway.domain.tenant import TenantId, TenantMode
from syncline.gateway.services.ports import Basis
from tests.support.acme import Acme


async def test_a_set_up_names_the_epoch_it_is_of(acme: Acme) -> None:
    epochs = []
    for mode in (TenantMode.PLAN, TenantMode.LIVE):
        await acme.connect()
        await acme.store.setup.set_mode(acme.id, mode, acme.actor)
        setup = await acme.store.backlog.setup(acme.id, acme.now)
        assert setup is not None
        assert mode == setup.mode
        epochs.append(setup.epoch)

    tenant = await acme.store.setup.tenant(acme.id)
    assert tenant is not None
    assert tenant.placement_epoch == epochs[-1]
    assert epochs[0] < epochs[-1]


async def test_a_basis_changes_with_the_person_the_set_up_and_the_mode(acme: Acme) -> None:
    ada = await acme.add("ada@acme.example")
    seen: list[Basis | None] = []

    async def look() -> None:
        seen.append(await acme.store.backlog.basis(acme.id, "ada@acme.example"))

    await look()
    await look()
    await acme.change(ada, "name.familyName", "Lovelace")
    await look()
    await acme.connect()
    await look()
    await acme.store.setup.set_mode(acme.id, TenantMode.LIVE, acme.actor)
    await look()

    assert seen[0] == seen[1]
    assert 4 == len(set(seen))
    setup = await acme.store.backlog.setup(acme.id, acme.now)
    assert setup is not None
    revision = (await acme.delivery("ada@acme.example")).desired_revision
    assert Basis(setup.mode, setup.epoch, revision) == seen[-1]


@pytest.mark.parametrize(("tenant", "key"), [("t1", "nobody@acme.example"), ("t2", "ada@acme.example")])
async def test_nobody_has_no_basis(acme: Acme, tenant: str, key: str) -> None:
    await acme.add("ada@acme.example")

    assert None is await acme.store.backlog.basis(TenantId(tenant), key)
