"""How many seats are free, counted on between two readings of the account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.gateway.domain.seats import with_seat_taken
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.store import records
from syncline.gateway.store.tables import connections
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True)
class TakeSeat:
    """Count one seat as taken; returns False, counting nothing, when none is left. Seats without a number never end."""

    tenant_id: TenantId
    name: str

    def prefetch(self) -> Iterable[Need]:
        return (Need(connections, ("tenant_id",), (self.tenant_id,)),)

    def apply(self, rows: Rows) -> bool:
        remaining = _remaining(rows, self.tenant_id, self.name)
        if remaining == 0:
            return False
        if remaining is not None:
            _take(rows, self.tenant_id, self.name, 1)
        return True


@dataclass(frozen=True, slots=True)
class ReturnSeat:
    """Count a seat as free again that was taken for nothing; with `none_left` HubSpot says that there is none."""

    tenant_id: TenantId
    name: str
    none_left: bool

    def prefetch(self) -> Iterable[Need]:
        return (Need(connections, ("tenant_id",), (self.tenant_id,)),)

    def apply(self, rows: Rows) -> None:
        remaining = _remaining(rows, self.tenant_id, self.name)
        if remaining is not None:
            _take(rows, self.tenant_id, self.name, remaining if self.none_left else -1)


def _remaining(rows: Rows, tenant_id: str, name: str) -> int | None:
    row = rows.get(connections, tenant_id)
    seat = None if row is None or row["account"] is None else records.account_of(row["account"]).seat(name)
    return None if seat is None else seat.remaining


def _take(rows: Rows, tenant_id: str, name: str, count: int) -> None:
    row = rows.get(connections, tenant_id)
    if row is not None and count:
        account = with_seat_taken(records.account_of(row["account"]), name, count)
        rows.update(connections, (tenant_id,), account=records.account_text(account))
