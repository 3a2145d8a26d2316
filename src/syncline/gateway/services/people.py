"""People and groups as an operator looks at them: what the identity provider says, what HubSpot has, and why."""

from __future__ import annotations

from typing import Any

import orjson

from syncline.clock import Clock
from syncline.gateway.domain.account import Account, AccountUser
from syncline.gateway.domain.care import care_of
from syncline.gateway.domain.delivery import Delivery, as_of, state_of
from syncline.gateway.domain.errors import Invalid, NotFound
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.leaving import leaving_of
from syncline.gateway.services.delivering import decide_item
from syncline.gateway.services.finding import find_group, find_person
from syncline.gateway.services.keeping import exception_shown
from syncline.gateway.services.log import call_shown, event_shown
from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.planned import person_shown
from syncline.gateway.services.ports import Actor, Store, Tenant, Wake, WorkItem
from syncline.gateway.services.ports.seeking import PersonState, SoughtPeople
from syncline.gateway.services.showing import hold_shown, moment, set_name, team_name
from syncline.gateway.services.tenants import Tenants
from syncline.gateway.services.why import explain
from syncline.scim.schemas import GROUP, USER
from syncline.scimserver.store import Stored

MOST = 500
_EVENTS_SHOWN = 20
_EVENTS_TOLD = 60
"""Events behind the timeline."""


class People:
    """The `users.*` and `groups.*` operations."""

    def __init__(self, store: Store, tenants: Tenants, clock: Clock, wake: Wake) -> None:
        self._store = store
        self._tenants = tenants
        self._clock = clock
        self._wake = wake

    async def list_users(
        self,
        actor: str,
        tenant: str,
        state: str | None = None,
        reason: str | None = None,
        search: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> dict[str, Any]:
        """Return people by e-mail; `search` is a part of it, `state` one of `PersonState`, `reason` what holds them.

        A page looks through a bounded number of people: it may be shorter than `limit`, or empty, and `next` still
        say where to go on.
        """
        refuse_page(limit, MOST)
        found = await self._tenants.find(tenant)
        sought = SoughtPeople(state=_state(state, reason), reason=_reason(reason), search=search)
        page = await self._store.seeking.people(found.id, sought, after or "", limit)
        lines = (self._line(item) for item in page.items)
        return {"users": [line for line in lines if line is not None], "next": page.after}

    def _line(self, item: WorkItem) -> dict[str, Any] | None:
        delivery = item.delivery
        if item.person is None and delivery.hubspot_id is None and delivery.due_at is None:
            return None
        return {
            "id": delivery.user_id,
            "key": delivery.key,
            "user_name": item.person.user_name if item.person is not None else None,
            "email": delivery.email,
            "active": item.person is not None and item.person.active,
            "access": delivery.access.value,
            "state": state_of(delivery, self._clock.now()).value,
            "hold": hold_shown(delivery.hold_reason, delivery.hold_detail),
        }

    async def show_user(self, actor: str, tenant: str, user: str) -> dict[str, Any]:
        """Return one person: the SCIM user, the HubSpot user, the decision with its reasons, what happened, and why.

        `why` tells the same in plain language, see `why.explain`.
        """
        found = await self._tenants.find(tenant)
        item = await find_person(self._store, found, user)
        setup = await self._store.backlog.setup(found.id, self._clock.now())
        if setup is None:
            raise NotFound(f"There is no tenant {tenant!r}.")
        delivery = item.delivery
        decision = decide_item(item, setup)
        events = await self._store.journal.events(
            found.id, subject=delivery.user_id or delivery.key, kind=None, before=None, limit=_EVENTS_TOLD
        )
        calls = await self._store.journal.calls(found.id, "", delivery.key)
        kept = await self._store.consents.exception(found.id, delivery.key)
        return {
            "id": delivery.user_id,
            "key": delivery.key,
            "user_name": item.person.user_name if item.person is not None else None,
            "email": delivery.email,
            "scim": item.person.resource if item.person is not None else None,
            "groups": [each.display_name for each in item.person.groups] if item.person is not None else [],
            "hubspot": _hubspot_shown(item.known, setup.account),
            "care": care_of(delivery, item.known).value,
            "leaving": leaving_of(as_of(delivery, setup.at)).value,
            "exception": None if kept is None else exception_shown(kept, item, setup.at),
            "delivery": self._delivery_shown(delivery),
            "decision": person_shown(item, decision, setup),
            "why": explain(item, decision, setup, self._clock.now(), events, calls),
            "events": [event_shown(event) for event in events[:_EVENTS_SHOWN]],
            "calls": [call_shown(call) for call in calls[:_EVENTS_SHOWN]],
        }

    async def release(self, actor: str, tenant: str, user: str) -> dict[str, Any]:
        """Let somebody who was deactivated at HubSpot by others be reactivated."""
        found = await self._tenants.find(tenant)
        item = await find_person(self._store, found, user)
        by = Actor(actor, self._clock.now())
        await self._store.setup.release(found.id, item.delivery.key, by)
        self._wake(found.id)
        return {"email": item.delivery.email, "released": True}

    async def list_groups(
        self, actor: str, tenant: str, limit: int = 50, after: str | None = None
    ) -> dict[str, Any]:
        """Return groups in the order they came, with the number of their direct members."""
        refuse_page(limit, MOST)
        found = await self._tenants.find(tenant)
        start = int(after) if after and after.isdecimal() and len(after) < 16 else 0
        page = await self._store.journal.groups_seen(found.id, start, limit)
        return {
            "groups": [
                {"id": each.id, "display_name": each.display_name, "members": each.members} for each in page
            ],
            "next": str(page[-1].ordinal) if len(page) == limit else None,
        }

    async def list_members(
        self, actor: str, tenant: str, group: str, limit: int = 50, after: str | None = None
    ) -> dict[str, Any]:
        """Return one group and a page of its direct members, by userName where they are known."""
        refuse_page(limit, MOST)
        found = await self._tenants.find(tenant)
        stored = await self._group(found, group)
        page = await self._store.seeking.members(found.id, stored.id, after or "", limit)
        scim = orjson.loads(stored.document)
        return {
            "id": stored.id,
            "display_name": scim["displayName"],
            "external_id": scim.get("externalId"),
            "members": [{"id": each.id, "user_name": each.user_name} for each in page],
            "next": page[-1].id if len(page) == limit else None,
        }

    async def show_group(self, actor: str, tenant: str, group: str) -> dict[str, Any]:
        """Return one group with its members by userName where they are known."""
        found = await self._tenants.find(tenant)
        stored = await self._group(found, group, frozenset({"members"}))
        return {
            "id": stored.id,
            "display_name": orjson.loads(stored.document)["displayName"],
            "members": [await self._member(found, each["value"]) for each in stored.members or ()],
            "scim": orjson.loads(stored.document),
        }

    async def _group(self, tenant: Tenant, group: str, include: frozenset[str] = frozenset()) -> Stored:
        """Return the group of that id or name, with what is to be included; raises `NotFound`."""
        seen = await find_group(self._store.journal, tenant, group)
        stored = await self._store.directory.get(tenant.id, GROUP, seen.id, include)
        if stored is None:
            raise NotFound(f"The group {seen.display_name!r} was deleted a moment ago.")
        return stored

    async def _member(self, tenant: Tenant, value: str) -> dict[str, Any]:
        stored = await self._store.directory.get(tenant.id, USER, value, frozenset())
        name = None if stored is None else orjson.loads(stored.document)["userName"]
        return {"id": value, "user_name": name}

    def _delivery_shown(self, delivery: Delivery) -> dict[str, Any]:
        return {
            "state": state_of(delivery, self._clock.now()).value,
            "intent": delivery.intent.value,
            "access": delivery.access.value,
            "origin": None if delivery.origin is None else delivery.origin.value,
            "hubspot_id": delivery.hubspot_id,
            "scim_id": delivery.scim_id,
            "attempts": delivery.attempts,
            "due_at": moment(delivery.due_at),
            "last_error": delivery.last_error,
            "renamed_from": delivery.renamed_from,
            "hold": hold_shown(delivery.hold_reason, delivery.hold_detail),
        }


def _hubspot_shown(user: AccountUser | None, account: Account | None) -> dict[str, Any] | None:
    if user is None:
        return None
    return {
        "id": user.hubspot_id,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "permission_sets": [set_name(account, each) for each in user.permission_set_ids],
        "primary_team": team_name(account, user.primary_team_id),
        "secondary_teams": [team_name(account, each) for each in user.secondary_team_ids],
        "seats": None if user.seat_names is None else list(user.seat_names),
        "crm_attributes": None if user.crm is None else dict(user.crm),
        "super_admin": user.super_admin,
        "active": user.active,
    }


def _state(state: str | None, reason: str | None) -> PersonState | None:
    if state is None:
        return None if reason is None else PersonState.HELD
    if state not in set(PersonState):
        raise Invalid(f"{state!r} is no state. There are: {', '.join(PersonState)}.")
    return PersonState(state)


def _reason(reason: str | None) -> HoldReason | None:
    if reason is None:
        return None
    if reason not in set(HoldReason):
        raise Invalid(f"Nobody is ever held as {reason!r}: the reference lists what holds people.")
    return HoldReason(reason)
