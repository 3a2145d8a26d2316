"""Seats: how many of each are free, and who of those who wait is next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from syncline.gateway.domain.account import Account
from syncline.gateway.domain.change import ChangeKind
from syncline.gateway.domain.errors import NotFound, Refused
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.seats import seat_taken
from syncline.gateway.domain.setup import Setup
from syncline.gateway.services.connections import Connections
from syncline.gateway.services.delivering import decide_item
from syncline.gateway.services.ports import Store, Tenant, WorkItem
from syncline.gateway.services.reconciling import Progress
from syncline.gateway.services.tenants import Tenants


class Seating:
    """The `seats.list` operation."""

    def __init__(self, store: Store, tenants: Tenants, connections: Connections) -> None:
        self._store = store
        self._tenants = tenants
        self._connections = connections

    async def list(self, actor: str, tenant: str, progress: Progress | None = None) -> dict[str, Any]:
        """Read the account's seats now: how many of each are free, which rules give them, how many people wait.

        The first time the account is read whole, so that it is known who holds which; from then on they are watched.
        Raises `Refused` when the credential may not see them.
        """
        found = await self._tenants.find(tenant)
        known = await self._account(found)
        if known is None or known.seats is None:
            await self._connections.read(found, asked_by=actor, progress=progress, seats=True)
        else:
            await self._connections.refresh_lists(found)
        account = await self._account(found)
        if account is None or account.seats is None:
            raise Refused(
                f"HubSpot does not show the seats of {found.name}: its credential lacks the scope "
                "settings.billing.write, or HubSpot does not offer the version 2026-09-beta of its users API. "
                "Add the scope to the app in HubSpot and renew the token."
            )
        rules = await self._store.setup.rules(found.id)
        totals = await self._store.backlog.totals(found.id)
        return {
            "seats": [
                {
                    "name": each.name,
                    "description": each.description,
                    "remaining": each.remaining,
                    "rules": [rule.id for rule in rules if rule.seat == each.name],
                }
                for each in account.seats
            ],
            "waiting": totals.held.get(HoldReason.NO_SEAT_FREE.value, 0),
        }

    async def _account(self, tenant: Tenant) -> Account | None:
        connection = await self._store.setup.connection(tenant.id)
        if connection is None:
            raise NotFound(
                f"{tenant.name} is not connected to HubSpot.", Remedy("{connect:Connect it}.", tenant.name)
            )
        return connection.account


def next_seated(items: Iterable[WorkItem], setup: Setup, free: dict[str, int]) -> list[str]:
    """Return the keys of those for whom a seat is free, in their order, and count these seats off `free`.

    Somebody whose permission set, not a rule, needs the seat may try with any that is free.
    """
    chosen: list[str] = []
    for item in items:
        decision = decide_item(item, setup)
        waits = item.delivery.due_at is None and decision.change.kind is not ChangeKind.NONE
        if not waits or decision.would_hold is not None:
            continue
        name = seat_taken(decision.placement, decision.change, item.known) or next(iter(free), "")
        if not free.get(name):
            continue
        chosen.append(item.delivery.key)
        free[name] -= 1
        if not free[name]:
            del free[name]
    return chosen
