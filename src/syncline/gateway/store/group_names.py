"""What groups are called, for rules that know them by id."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from sqlalchemy import Connection

from syncline.gateway.domain.rules import Rule, RuleKind, with_group_names
from syncline.gateway.services.ports import GroupSeen
from syncline.gateway.store import records, statements
from syncline.sql.looking import rows_of
from syncline.sql.rows import Row


def rules_named(connection: Connection, tenant_id: str) -> list[Rule]:
    """Return the rules of a tenant in the order they are tried, with the names their groups have now."""
    rules = [records.rule_of(row) for row in rows_of(connection, statements.RULES, {"tenant_id": tenant_id})]
    ids = sorted({rule.match for rule in rules if rule.kind is RuleKind.GROUP})
    if not ids:
        return rules
    found = rows_of(connection, statements.GROUPS_IN, {"tenant_id": tenant_id, "values": ids})
    return with_group_names(rules, {each.id: each.display_name for each in groups_of(found)})


def groups_of(rows: Iterable[Row]) -> list[GroupSeen]:
    """Return the groups of rows of `groups`."""
    return [
        GroupSeen(row["id"], orjson.loads(row["document"])["displayName"], row["members"], row["ordinal"])
        for row in rows
    ]
