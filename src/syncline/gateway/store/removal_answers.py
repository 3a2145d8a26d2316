"""What every query of `removal_statements` returns, said in Python."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import SelectBase, Table

from syncline.gateway.store.answers import Answer, Parameters
from syncline.gateway.store.answers import _rows_of as rows_of
from syncline.gateway.store.removal_statements import KEYS_OF_TENANT, NEXT_TENANT
from syncline.sql.memory import MemoryRows
from syncline.sql.rows import Row


def _next_tenant(table: Table) -> Answer:
    def answer(rows: MemoryRows, parameters: Parameters) -> list[Row]:
        later = [each["tenant_id"] for each in rows.all(table) if each["tenant_id"] > parameters["after"]]
        return [{"min": min(later, default=None)}]

    return answer


def _keys(table: Table) -> Answer:
    return rows_of(table, shown=tuple(column.name for column in table.primary_key))


ANSWERS: Mapping[SelectBase, Answer] = {
    **{statement: _next_tenant(table) for table, statement in NEXT_TENANT.items()},
    **{statement: _keys(table) for table, statement in KEYS_OF_TENANT.items()},
}
