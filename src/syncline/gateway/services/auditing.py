"""Who changed the set-up of a tenant, when and how."""

from __future__ import annotations

from typing import Any

from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.ports import AuditEntry, Store
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants

MOST = 500


class Auditing:
    """The `audit.list` operation."""

    def __init__(self, store: Store, tenants: Tenants) -> None:
        self._store = store
        self._tenants = tenants

    async def list(
        self, actor: str, tenant: str, limit: int = 50, after: int | None = None
    ) -> dict[str, Any]:
        """Return a page of changes, the latest first; `next` is where the next page goes on."""
        refuse_page(limit, MOST)
        found = await self._tenants.find(tenant)
        entries = await self._store.journal.audit(found.id, after, limit)
        return {
            "entries": [_shown(each) for each in entries],
            "next": entries[-1].seq if len(entries) == limit else None,
        }


def _shown(entry: AuditEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": moment(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "detail": entry.detail,
    }
