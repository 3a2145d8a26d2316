"""Tenants of one gateway, each with the token its identity provider would use, over ASGI or over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from syncline.bootstrap.gateway import Gateway
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.operations import run_operation
from tests.support.scim import Answer, Client

PREFIX = "/scim/v2"


@dataclass(slots=True)
class GatewayClient(Client):
    """Calls the SCIM endpoint of a whole gateway in process."""

    async def request(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        return await Client.request(self, method, PREFIX + path, body, **more)


@dataclass
class TenantOf:
    """One tenant of a gateway."""

    gateway: Gateway
    name: str
    id: TenantId = field(default_factory=lambda: TenantId(""))
    token: str = field(default="", repr=False)
    token_id: str = ""

    @property
    def scim(self) -> GatewayClient:
        return GatewayClient(self.gateway.application, self.token)

    async def run(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Run an operation on this tenant."""
        return await run_operation(
            self.gateway.operations, operation, "test", {"tenant": self.name, **arguments}
        )


async def new_tenant(gateway: Gateway, name: str, **token: Any) -> TenantOf:
    """Create a tenant with one token."""
    tenant = TenantOf(gateway, name)
    created = await run_operation(gateway.operations, "tenant.create", "test", {"name": name})
    tenant.id = TenantId(created["id"])
    minted = await tenant.run("token.create", **token)
    tenant.token, tenant.token_id = minted["token"], minted["token_id"]
    return tenant
