"""What the queries about operators return, said in Python, for the store in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import SelectBase, Table

from syncline.gateway.domain.operators import EVERYWHERE, Role
from syncline.gateway.store import operator_statements as statements
from syncline.gateway.store import tables as t
from syncline.gateway.store.answers import Answer, Condition, Order, Parameters
from syncline.sql.memory import MemoryRows
from syncline.sql.rows import Row


def _rows_of(
    table: Table, condition: Condition, order: Order | None = None, *, newest_first: bool = False
) -> Answer:
    def answer(rows: MemoryRows, parameters: Parameters) -> list[Row]:
        found = [row for row in rows.all(table) if condition(row, parameters)]
        if order is not None:
            found.sort(key=order, reverse=newest_first)
        return found[: parameters.get("limit", len(found))]

    return answer


def _is(column: str, parameter: str) -> Condition:
    return lambda row, parameters: bool(row[column] == parameters[parameter])


def _owners(rows: MemoryRows, _parameters: Parameters) -> Iterable[Row]:
    return [
        {"operator_id": row["operator_id"]}
        for row in rows.all(t.operator_roles)
        if row["tenant_id"] == EVERYWHERE and row["role"] == Role.OWNER.value
    ][:1]


ANSWERS: Mapping[SelectBase, Answer] = {
    statements.OWNERS: _owners,
    statements.OPERATOR: _rows_of(t.operators, _is("id", "operator_id")),
    statements.OPERATOR_BY_EMAIL: _rows_of(t.operators, _is("email_key", "email_key")),
    statements.OPERATORS: _rows_of(
        t.operators,
        lambda row, parameters: row["email_key"] > parameters["after"],
        lambda row: row["email_key"],
    ),
    statements.ROLES_OF: _rows_of(
        t.operator_roles, lambda row, parameters: row["operator_id"] in parameters["values"]
    ),
    statements.INVITATION: _rows_of(t.invitations, _is("id", "invitation_id")),
    statements.OPEN_INVITATIONS: _rows_of(
        t.invitations,
        lambda row, parameters: row["expires_at"] > parameters["now"] and row["used_at"] is None,
        lambda row: (row["expires_at"], row["id"]),
    ),
    statements.SESSION: _rows_of(t.sessions, _is("id", "session_id")),
    statements.API_KEY: _rows_of(t.api_keys, _is("id", "key_id")),
    statements.API_KEYS: _rows_of(t.api_keys, lambda _row, _parameters: True, lambda row: row["id"]),
    statements.OPERATOR_EVENTS: _rows_of(
        t.operator_events,
        lambda row, parameters: row["id"] < parameters["before"],
        lambda row: row["id"],
        newest_first=True,
    ),
}
