"""What every query of `seeking_statements` returns, said in Python, as `answers` says it for the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import SelectBase

from syncline.gateway.domain.delivery import Access, Intent
from syncline.gateway.services.ports.seeking import PersonState
from syncline.gateway.store import seeking_statements as statements
from syncline.gateway.store import tables as t
from syncline.gateway.store.answers import Answer, Condition, Parameters
from syncline.gateway.store.answers import _by as by
from syncline.gateway.store.answers import _like as like
from syncline.gateway.store.answers import _rows_of as rows_of
from syncline.sql.rows import Row


def _is_in_step(row: Row) -> bool:
    return row["hold_reason"] is None and row["due_at"] is None and row["intent"] != Intent.RELEASED.value


_IN: Mapping[PersonState, Callable[[Row], bool]] = {
    PersonState.IN_STEP: _is_in_step,
    PersonState.WAITING: lambda row: row["due_at"] is not None,
    PersonState.RETRYING: lambda row: row["due_at"] is not None and row["attempts"] > 0,
    PersonState.HELD: lambda row: row["due_at"] is None and row["hold_reason"] is not None,
    PersonState.ABSENT: lambda row: row["access"] in (Access.NONE.value, Access.REMOVED.value),
}


def _is_searched(row: Row, parameters: Parameters) -> bool:
    return row["user_id"] == parameters["search"] or like(row["key"], parameters["pattern"])


def _people(state: PersonState | None, *, searched: bool) -> Condition:
    def condition(row: Row, parameters: Parameters) -> bool:
        within = parameters["after"] < row["key"] <= parameters["until"]
        named = "reason" not in parameters or row["hold_reason"] == parameters["reason"]
        meant = not searched or _is_searched(row, parameters)
        return within and named and meant and (state is None or _IN[state](row))

    return condition


def _events(narrowed: frozenset[str], *, oldest_first: bool) -> Answer:
    def condition(row: Row, parameters: Parameters) -> bool:
        return (
            parameters["first"] <= row["seq"] < parameters["before"]
            and ("subject" not in narrowed or row["subject"] == parameters["subject"])
            and ("kind" not in narrowed or like(row["kind"], parameters["pattern"]))
            and ("kinds" not in narrowed or row["kind"] in parameters["kinds"])
            and ("correlation_id" not in narrowed or row["correlation_id"] == parameters["correlation_id"])
        )

    return rows_of(t.events, condition, by("seq"), newest_first=not oldest_first)


def _is_later(column: str) -> Condition:
    return lambda row, parameters: row[column] > parameters["after"]


ANSWERS: Mapping[SelectBase, Answer] = {
    **{
        statement: rows_of(t.deliveries, _people(state, searched=searched), by("key"))
        for (state, searched), statement in statements.PEOPLE.items()
    },
    **{
        statement: _events(narrowed, oldest_first=oldest_first)
        for (narrowed, oldest_first), statement in statements.EVENTS.items()
    },
    statements.HELD_BY: rows_of(t.deliveries, _people(PersonState.HELD, searched=False), by("key")),
    statements.HELD_BY_LIKE: rows_of(t.deliveries, _people(PersonState.HELD, searched=True), by("key")),
    statements.KEY_FURTHER_ON: lambda rows, parameters: rows_of(
        t.deliveries, _is_later("key"), by("key"), shown=("key",)
    )(rows, {**parameters, "limit": 1}),
    statements.DELIVERIES_NAMED: rows_of(
        t.deliveries, lambda row, parameters: row["key"] in parameters["values"], by("key")
    ),
    statements.EVENTS_AFTER: rows_of(t.events, _is_later("seq"), by("seq")),
    statements.MEMBERS_AFTER: rows_of(
        t.members,
        lambda row, parameters: (
            row["group_id"] == parameters["group_id"] and row["value"] > parameters["after"]
        ),
        by("value"),
        shown=("value",),
    ),
}
