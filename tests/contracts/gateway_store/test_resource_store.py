"""The gateway's directory keeps the promises of every `ResourceStore`, wherever it is kept."""

from __future__ import annotations

import pytest

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import Actor, Store
from syncline.gateway.services.provisioning import TenantDirectory
from syncline.scimserver import ResourceStore
from tests.contracts.resource_store import GroupStoreContract, UserStoreContract
from tests.support.clock import LeapingClock


class TestGatewayDirectory(UserStoreContract, GroupStoreContract):
    @pytest.fixture
    async def store(self, gateway_store: Store) -> ResourceStore:
        clock = LeapingClock()
        tenant = await gateway_store.setup.create_tenant(TenantId("t1"), "acme", Actor("test", clock.now()))
        return TenantDirectory(tenant.id, gateway_store.directory, clock, lambda _tenant: None)
