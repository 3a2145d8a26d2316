"""The link to a tenant's HubSpot account: set, checked, read."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.errors import Invalid, NotFound, Unavailable
from syncline.gateway.services.ports import (
    AccountReading,
    Actor,
    Cause,
    Connection,
    Failed,
    Link,
    Links,
    Store,
    Tenant,
    Wake,
)
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants


class Connections:
    """The `connection.*` operations."""

    def __init__(self, store: Store, tenants: Tenants, links: Links, clock: Clock, wake: Wake) -> None:
        self._store = store
        self._tenants = tenants
        self._links = links
        self._clock = clock
        self._wake = wake

    async def set(
        self,
        actor: str,
        tenant: str,
        base_url: str,
        access_token: str,
        scim_base_url: str | None = None,
        scim_token: str | None = None,
    ) -> dict[str, Any]:
        """Link the tenant to an account, after reading it whole; nothing at HubSpot is changed by it.

        Raises `Unavailable` when the account cannot be read, `Conflict` when another tenant has it. What is not read
        is not saved.
        """
        found = await self._tenants.find(tenant)
        if (scim_base_url is None) != (scim_token is None):
            raise Invalid("The SCIM channel needs both its base URL and its token.")
        base_url = self._links.check_address(base_url)
        scim_base_url = None if scim_base_url is None else self._links.check_address(scim_base_url)
        connection = Connection(
            tenant_id=found.id,
            portal_id=None,
            base_url=base_url,
            access_token=access_token,
            scim_base_url=scim_base_url,
            scim_token=scim_token,
            account=None,
            account_read_at=None,
            trouble=None,
            trouble_detail=None,
        )
        link = await self._links.trial(connection)
        cause = self._cause()
        report = await link.check(cause)
        reading = await self._read(link)
        account = reading.account
        connection = replace(
            connection, portal_id=account.portal_id, account=account, account_read_at=cause.at
        )
        await self._store.setup.set_connection(connection, Actor(actor, cause.at))
        await self._store.setup.keep_account(found.id, account, reading.users, cause.at)
        self._wake(found.id)
        return _report(report, reading)

    async def check(self, actor: str, tenant: str) -> dict[str, Any]:
        """Read the account again and try out, without changing anything, what each channel can do."""
        found, link = await self._link(tenant)
        cause = self._cause()
        report = await link.check(cause)
        reading = await self.read(found, link)
        return _report(report, reading)

    async def show(self, actor: str, tenant: str) -> dict[str, Any]:
        """Return what is known of the connection; credentials are not part of it."""
        found = await self._tenants.find(tenant)
        connection = await self._store.setup.connection(found.id)
        if connection is None:
            raise NotFound(f"{found.name} is not connected to HubSpot: `connection set` does it.")
        return {
            "portal_id": connection.portal_id,
            "base_url": connection.base_url,
            "scim_base_url": connection.scim_base_url,
            "account_read_at": moment(connection.account_read_at),
            "trouble": connection.trouble_detail,
        }

    async def read(self, tenant: Tenant, link: Link | None = None) -> AccountReading:
        """Read the account whole and keep the reading; raises `Unavailable` for anything less."""
        if link is None:
            link = (await self._link(tenant.name))[1]
        begun = self._clock.now()
        reading = await self._read(link)
        await self._store.setup.keep_account(tenant.id, reading.account, reading.users, begun)
        self._wake(tenant.id)
        return reading

    async def _link(self, tenant: str) -> tuple[Tenant, Link]:
        found = await self._tenants.find(tenant)
        link = await self._links.open(found.id)
        if link is None:
            raise NotFound(f"{found.name} is not connected to HubSpot: `connection set` does it.")
        return found, link

    async def _read(self, link: Link) -> AccountReading:
        reading = await link.read_account(self._cause())
        if isinstance(reading, Failed):
            raise Unavailable(reading.sentence)
        return reading

    def _cause(self) -> Cause:
        return Cause(self._clock.now(), uuid.uuid4().hex)


def _report(report: Any, reading: AccountReading) -> dict[str, Any]:
    account = reading.account
    return {
        **report,
        "portal_id": account.portal_id,
        "account_type": account.account_type,
        "permission_sets": [
            {"id": each.id, "name": each.name, "paid": each.requires_billing_write}
            for each in account.permission_sets
        ],
        "teams": [{"id": each.id, "name": each.name} for each in account.teams],
        "users": len(reading.users),
    }
