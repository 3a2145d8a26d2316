"""The gateway's directory keeps the promises of every `ResourceStore`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.operations import run_operation
from syncline.gateway.services.provisioning import TenantDirectory
from syncline.scimserver import ResourceStore
from tests.contracts.resource_store import GroupStoreContract, UserStoreContract
from tests.support.clock import LeapingClock
from tests.support.world import gateway


class TestGatewayDirectory(UserStoreContract, GroupStoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[ResourceStore]:
        clock = LeapingClock()
        async with gateway(tmp_path, clock) as opened:
            created = await run_operation(opened.operations, "tenant.create", "test", {"name": "acme"})
            yield TenantDirectory(
                TenantId(created["id"]), opened.store.directory, clock, lambda _tenant: None
            )
