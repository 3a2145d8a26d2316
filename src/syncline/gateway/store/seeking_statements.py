"""The queries behind lists that operators narrow: each walks one range of an index, and no further."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, or_, select

from syncline.gateway.domain.delivery import Access, Intent
from syncline.gateway.services.ports.seeking import PersonState
from syncline.gateway.store.statements import ESCAPE
from syncline.gateway.store.tables import deliveries, events, members

_tenant: BindParameter[Any] = bindparam("tenant_id")
_limit: BindParameter[Any] = bindparam("limit")
_d = deliveries.c

_IN: Final[Mapping[PersonState, ColumnElement[bool]]] = {
    PersonState.IN_STEP: and_(
        _d.hold_reason.is_(None), _d.due_at.is_(None), _d.intent != Intent.RELEASED.value
    ),
    PersonState.WAITING: _d.due_at.is_not(None),
    PersonState.RETRYING: and_(_d.due_at.is_not(None), _d.attempts > 0),
    PersonState.HELD: and_(_d.hold_reason.is_not(None), _d.due_at.is_(None)),
    PersonState.ABSENT: or_(_d.access == Access.NONE.value, _d.access == Access.REMOVED.value),
}
_searched = or_(
    _d.key.like(bindparam("pattern"), escape=ESCAPE),
    _d.user_id == bindparam("search"),
)


def _people(*conditions: ColumnElement[bool]) -> Select[Any]:
    window = (_d.tenant_id == _tenant, _d.key > bindparam("after"), _d.key <= bindparam("until"))
    return select(deliveries).where(*window, *conditions).order_by(_d.key).limit(_limit)


PEOPLE: Final[Mapping[tuple[PersonState | None, bool], Select[Any]]] = {
    (state, searched): _people(*(() if state is None else (_IN[state],)), *((_searched,) if searched else ()))
    for state in (None, *PersonState)
    for searched in (False, True)
}
"""By state, and by whether an e-mail is searched for: within a window of keys."""

HELD_BY = _people(_d.hold_reason == bindparam("reason"), _d.due_at.is_(None))
HELD_BY_LIKE = _people(_d.hold_reason == bindparam("reason"), _d.due_at.is_(None), _searched)
KEY_FURTHER_ON = (
    select(_d.key)
    .where(_d.tenant_id == _tenant, _d.key > bindparam("after"))
    .order_by(_d.key)
    .offset(bindparam("offset"))
    .limit(1)
)
DELIVERIES_NAMED = (
    select(deliveries)
    .where(_d.tenant_id == _tenant, _d.key.in_(bindparam("values", expanding=True)))
    .order_by(_d.key)
)

_NARROWED: Final[Mapping[str, ColumnElement[bool]]] = {
    "subject": events.c.subject == bindparam("subject"),
    "kind": events.c.kind.like(bindparam("pattern"), escape=ESCAPE),
    "kinds": events.c.kind.in_(bindparam("kinds", expanding=True)),
    "correlation_id": events.c.correlation_id == bindparam("correlation_id"),
}


def _events(narrowed: frozenset[str], *, oldest_first: bool) -> Select[Any]:
    # A person's events are few: his index is walked, not the range of numbers, which SQLite would otherwise prefer.
    seq = events.c.seq + 0 if "subject" in narrowed else events.c.seq
    return (
        select(events)
        .where(
            events.c.tenant_id == _tenant,
            seq >= bindparam("first"),
            events.c.seq < bindparam("before"),
            *(_NARROWED[each] for each in sorted(narrowed)),
        )
        .order_by(events.c.seq if oldest_first else events.c.seq.desc())
        .limit(_limit)
    )


EVENTS: Final[Mapping[tuple[frozenset[str], bool], Select[Any]]] = {
    (frozenset(chosen), oldest_first): _events(frozenset(chosen), oldest_first=oldest_first)
    for count in range(len(_NARROWED) + 1)
    for chosen in combinations(_NARROWED, count)
    for oldest_first in (False, True)
}
"""By what narrows them, and by whether the oldest come first: within a window of numbers."""

EVENTS_AFTER = (
    select(events)
    .where(events.c.tenant_id == _tenant, events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(_limit)
)
MEMBERS_AFTER = (
    select(members.c.value)
    .where(
        members.c.tenant_id == _tenant,
        members.c.group_id == bindparam("group_id"),
        members.c.value > bindparam("after"),
    )
    .order_by(members.c.value)
    .limit(_limit)
)
