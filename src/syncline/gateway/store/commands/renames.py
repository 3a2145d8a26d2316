"""What a reading of the account shows to be renamed or gone, as events of the log."""

from __future__ import annotations

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import Account
from syncline.gateway.domain.renames import renames_of, used_ids
from syncline.gateway.services.ports import Cause
from syncline.gateway.store import records
from syncline.gateway.store.commands.journal import record_event
from syncline.gateway.store.tables import rules, tenants
from syncline.sql.rows import Rows


def record_renames(rows: Rows, tenant_id: str, before: str | None, after: Account, at: Milliseconds) -> None:
    """Record each permission set and team that two readings of the same account call by different names.

    `used` says whether a rule or the policy names it.
    """
    if before is None or records.account_of(before).portal_id != after.portal_id:
        return
    renames = renames_of(records.account_of(before), after)
    tenant = rows.get(tenants, tenant_id) if renames else None
    if tenant is None:
        return
    named = [records.rule_of(row) for row in rows.find(rules, tenant_id=tenant_id)]
    used = used_ids(named, records.policy_of(tenant))
    for each in renames:
        kind = "account.gone" if each.after is None else "account.renamed"
        detail = {"what": each.what, "id": each.id, "before": each.before, "after": each.after}
        record_event(
            rows, tenant_id, Cause(at, ""), kind, None, each.sentence, **detail, used=each.id in used
        )
