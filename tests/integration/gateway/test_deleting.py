"""`tenant delete`: what it refuses, what it does at HubSpot, and that it is gone on with after a crash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.errors import Invalid, NotFound, Refused
from syncline.gateway.services.ports import Actor
from syncline.gateway.services.retention import Retention
from tests.support.world import TENANT, World, world


async def delete(acme: World, **how: Any) -> dict[str, Any]:
    return await acme.run("tenant.delete", **{"tenant": TENANT, "confirm": TENANT, **how})


async def test_a_live_tenant_is_deleted_only_by_force_and_nobody_at_hubspot_is_touched(acme: World) -> None:
    await acme.connect()
    await acme.add_user("ada@acme.example")
    await acme.go_live()
    await acme.drain()
    before = await acme.hubspot.users()

    with pytest.raises(Refused, match="is live: its leavers"):
        await delete(acme)
    with pytest.raises(Invalid, match="exactly as it is"):
        await delete(acme, confirm=TENANT.upper())
    done = await delete(acme, force=True)

    assert "everybody keeps the access he has" in done["message"]
    assert done["rows"] > 0
    assert before == await acme.hubspot.users()
    assert [] == (await acme.run("tenant.list"))["tenants"]
    with pytest.raises(NotFound):
        await acme.run("tenant.show", tenant=TENANT)
    assert [] == await acme.gateway.store.removal.leftovers()


async def test_a_tenant_of_that_name_can_be_made_again_and_begins_with_nothing(acme: World) -> None:
    await acme.add_user("ada@acme.example")
    await delete(acme)
    made = await acme.run("tenant.create", name=TENANT)

    assert acme.tenant_id != made["id"]
    assert {"users": 0, "groups": 0} == (await acme.run("tenant.show", tenant=TENANT))["counts"]
    assert [] == (await acme.run("users.list", tenant=TENANT))["users"]


async def test_what_a_crash_leaves_is_deleted_by_the_next_server(tmp_path: Path) -> None:
    async with world(tmp_path) as acme:
        await acme.add_user("ada@acme.example")
        store = acme.gateway.store
        await store.removal.remove(acme.tenant_id, Actor("anna", acme.clock.now()), {})
        assert [acme.tenant_id] == await store.removal.leftovers()
        retention = Retention(store.setup, object(), acme.clock, {}, store.removal)  # type: ignore[arg-type]
        deleted = await retention.purge()

        assert deleted > 3
        assert [] == await store.removal.leftovers()
        assert 0 == await retention.purge()
