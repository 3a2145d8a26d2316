"""One tenant in a store, with the few calls that tests of stores make again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from syncline.gateway.domain.account import Account, AccountUser
from syncline.gateway.domain.delivery import Access, Delivery, Origin
from syncline.gateway.domain.grant import StaticToken
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports import (
    AccountReading,
    Actor,
    Cause,
    Connection,
    Settlement,
    Standing,
    Store,
    WorkItem,
)
from syncline.gateway.services.reconciling import Reconciliation
from syncline.scim.dialects import Notes
from syncline.scim.patch import parse_patch
from syncline.scim.resource import read
from syncline.scim.schemas import GROUP, USER
from tests.support.clock import LeapingClock

START = 1_800_000_000_000


@dataclass
class Acme:
    """A tenant; every write happens at `now`, which a test moves on."""

    store: Store
    id: TenantId = field(default_factory=lambda: TenantId("t1"))
    now: int = START
    users: int = 0

    async def found(self, name: str = "acme") -> Acme:
        """Create the tenant."""
        await self.store.setup.create_tenant(self.id, name, self.actor)
        return self

    @property
    def actor(self) -> Actor:
        return Actor("anna", self.now)

    def cause(self, correlation_id: str = "c0ffee") -> Cause:
        return Cause(self.now, correlation_id)

    async def add(self, user_name: str, **attributes: Any) -> str:
        """Create a SCIM user and return its id."""
        body = {"schemas": [USER.schema.id], "userName": user_name, **attributes}
        self.users += 1
        user_id = f"u{self.users}"
        await self.store.directory.create_user(
            self.id, user_id, read(USER, body, Notes()), self.cause(f"add {user_name}")
        )
        return user_id

    async def change(self, user_id: str, path: str, value: Any) -> None:
        """Replace one attribute of a SCIM user."""
        operations = [{"op": "replace", "path": path, "value": value}]
        patch = parse_patch(USER, {"Operations": operations}, Notes())
        cause = self.cause(f"change {user_id}")
        await self.store.directory.patch_user(self.id, user_id, patch, None, cause, Notes())

    async def delete(self, user_id: str) -> None:
        """Delete a SCIM user."""
        await self.store.directory.delete_user(self.id, user_id, None, self.cause(f"delete {user_id}"))

    async def add_group(self, name: str, *members: str) -> None:
        """Create a SCIM group."""
        body = {"schemas": [GROUP.schema.id], "displayName": name}
        resource = read(GROUP, {**body, "members": [{"value": member} for member in members]}, Notes())
        await self.store.directory.create_group(self.id, f"g-{name}", resource, self.cause())

    async def due(self, *, limit: int = 100, urgent_only: bool = False) -> list[str]:
        """Return the keys of what is due now, in order."""
        items = await self.store.backlog.due(self.id, self.now, limit, urgent_only=urgent_only)
        return [item.delivery.key for item in items]

    async def item(self, key: str) -> WorkItem:
        """Return one delivery with all that its decision needs; it must be there."""
        item = await self.store.backlog.item(self.id, key)
        assert item is not None, key
        return item

    async def delivery(self, key: str) -> Delivery:
        """Return one delivery; it must be there."""
        return (await self.item(key)).delivery

    async def settle(self, *settlements: Settlement) -> None:
        """Write what came of these deliveries."""
        await self.store.backlog.settle(self.id, settlements, self.cause("settled"))

    async def arrive(self, key: str, hubspot_id: str, **instead: Any) -> None:
        """Have the person's present state confirmed by HubSpot."""
        await self.settle(arrived(await self.delivery(key), hubspot_id, **instead))

    async def epoch(self) -> int:
        """Return the placement epoch."""
        setup = await self.store.backlog.setup(self.id, self.now)
        assert setup is not None
        return setup.epoch

    async def connect(self, **instead: Any) -> Connection:
        """Link the tenant to an account, and return the link as it was given."""
        link = replace(connection(self.id), **instead)
        await self.store.setup.set_connection(link, self.actor)
        return link

    async def keep(self, users: Sequence[AccountUser], **account: Any) -> None:
        """Keep a complete reading of the account, begun now."""
        read = AccountReading(account=Account(portal_id=7, **account), users=tuple(users))
        await Reconciliation(self.store, LeapingClock(self.now)).keep(self.id, read, self.cause())


def connection(tenant_id: TenantId, portal_id: int = 7) -> Connection:
    """Return a link by both channels, nothing read of the account yet."""
    return Connection(
        tenant_id=tenant_id,
        portal_id=portal_id,
        base_url="https://api.hubapi.com",
        credential=StaticToken("pat-na1-secret"),
        scim_base_url="https://api.hubapi.com/scim/v2",
        scim_token="scim-secret",
        account=None,
        account_read_at=None,
        trouble=None,
        trouble_detail=None,
    )


def at_hubspot(hubspot_id: str, email: str, **attributes: Any) -> AccountUser:
    """Return a user as HubSpot shows him."""
    return AccountUser(hubspot_id=hubspot_id, email=email, **attributes)


def settlement(delivery: Delivery, **instead: Any) -> Settlement:
    """Return what is written about a delivery that turned out to be in step."""
    return replace(
        Settlement(
            key=delivery.key,
            revision=delivery.desired_revision,
            epoch=1,
            kind="delivery.update",
            summary=f"{delivery.key} settled",
        ),
        **instead,
    )


def standing(hubspot_id: str, email: str | None, access: Access = Access.ACTIVE) -> Standing:
    """Return what a person created by us has at HubSpot."""
    user = None if access is Access.REMOVED or email is None else at_hubspot(hubspot_id, email)
    return Standing(hubspot_id, None, Origin.CREATED, access, email, user)


def arrived(
    delivery: Delivery, hubspot_id: str, *, email: str | None = None, access: Access = Access.ACTIVE
) -> Settlement:
    """Return what is written when HubSpot has confirmed the delivery."""
    return settlement(delivery, standing=standing(hubspot_id, email or delivery.email, access))
