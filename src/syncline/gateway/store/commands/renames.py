"""What a reading of the account shows to be renamed or gone, as events of the log."""

from __future__ import annotations

from syncline.gateway.domain.account import Account
from syncline.gateway.domain.account_lists import list_changes
from syncline.gateway.services.ports import Cause
from syncline.gateway.store import records
from syncline.gateway.store.commands.journal import record_event
from syncline.sql.rows import Rows


def record_renames(rows: Rows, tenant_id: str, before: str | None, after: Account, cause: Cause) -> None:
    """Record each permission set and team that two readings of the same account call by different names."""
    known = None if before is None else records.account_of(before)
    for change in list_changes(known, after):
        named = {"id": change.id, "before": change.before, "after": change.after}
        record_event(rows, tenant_id, cause, change.kind, None, change.summary, **named)
