"""Faults that change the account behind the client's back: by hand, as a super admin would."""

from __future__ import annotations

import contextlib

from syncline.clock import Clock
from syncline.portal import administration
from syncline.portal.domain.errors import HubSpotError, SetupError
from syncline.portal.faults.order import Fault, FaultKind
from syncline.portal.store import fault_reads
from syncline.portal.store.commands.faults import RevokeEverything
from syncline.portal.store.store import Store


async def act(fault: Fault, store: Store, clock: Clock, portal_id: int) -> None:
    """Change the account; what cannot be changed, or is no longer there, is left so."""
    name = await store.reader.point(lambda connection: fault_reads.account_name(connection, portal_id))
    with contextlib.suppress(SetupError, HubSpotError):
        match fault.kind:
            case FaultKind.RENAME_PERMISSION_SET:
                await administration.rename_permission_set(store, name, fault.name or "", fault.to or "")
            case FaultKind.DELETE_PERMISSION_SET:
                await administration.delete_permission_set(store, clock, name, fault.name or "")
            case FaultKind.REVOKE_GRANT:
                await store.writer.submit(RevokeEverything(portal_id=portal_id, now=clock.now()))
            case FaultKind.SEATS_OUT:
                await _use_up_seats(fault, store, clock, name)


async def _use_up_seats(fault: Fault, store: Store, clock: Clock, name: str) -> None:
    shown = await administration.show_account(store, name)
    taken = {
        seat["name"]: str(seat["used"])
        for seat in shown["seats"]
        if fault.name is None or seat["name"] == fault.name
    }
    await administration.change_account(store, clock, name, seats=taken)
