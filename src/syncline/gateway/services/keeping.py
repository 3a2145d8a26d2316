"""Leavers who are kept, and those who are let in again: exceptions to what the identity provider says, until a date."""

from __future__ import annotations

from typing import Any

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.consent import end_of
from syncline.gateway.domain.delivery import Access, Intent, as_of
from syncline.gateway.domain.deprovision import GONE
from syncline.gateway.domain.errors import Invalid, NotFound, Refused
from syncline.gateway.domain.leaving import Leaving, leaving_of
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.threshold import WINDOW
from syncline.gateway.services.finding import find_person
from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.ports import Actor, LeaverException, Store, Tenant, Wake, WorkItem
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants

CHUNK = 200


class Keeping:
    """The `leavers.keep`, `leavers.restore`, `leavers.gone`, `leavers.exceptions` and `leavers.end` operations."""

    def __init__(self, store: Store, tenants: Tenants, clock: Clock, wake: Wake) -> None:
        self._store = store
        self._tenants = tenants
        self._clock = clock
        self._wake = wake

    async def keep(
        self, actor: str, tenant: str, user: str, until: str, because: str, owner: str | None = None
    ) -> dict[str, Any]:
        """Keep a leaver who still has access: nothing is taken from him until the date (`consent.end_of`).

        On that date he leaves like anybody else. Raises `Refused` for somebody who has not left, or has lost access.
        """
        found = await self._tenants.find(tenant)
        item = await find_person(self._store, found, user)
        if item.delivery.access in GONE:
            raise Refused(
                f"{_name(item)} has lost access already.",
                Remedy("{give_back:Give it back}.", found.name, user),
            )
        return await self._except(actor, found, item, until, because, owner)

    async def restore(
        self, actor: str, tenant: str, user: str, until: str, because: str, owner: str | None = None
    ) -> dict[str, Any]:
        """Give a leaver back what leaving has taken, and keep him until the date.

        A deactivated one is reactivated, a stripped one placed by the rules again, a removed one created anew. Raises
        `Refused`, with what to do by hand, for somebody of whom the identity provider has left us no data.
        """
        found = await self._tenants.find(tenant)
        item = await find_person(self._store, found, user)
        if item.delivery.access not in GONE:
            raise Refused(
                f"{_name(item)} has lost nothing.",
                Remedy("{keep:Keep} somebody who is on the way out.", found.name, user),
            )
        if item.person is None:
            raise Refused(f"{_name(item)} cannot be brought back from here. {_by_hand(item)}")
        return await self._except(actor, found, item, until, because, owner)

    async def gone(
        self, actor: str, tenant: str, limit: int = CHUNK, after: str | None = None
    ) -> dict[str, Any]:
        """Return who has lost access in the window of the deletion threshold, and who can be brought back."""
        refuse_page(limit, CHUNK)
        found = await self._tenants.find(tenant)
        since = self._clock.now() - WINDOW
        people = await self._store.backlog.gone(found.id, since, after or "", limit)
        shown = [
            {
                "email": item.delivery.email,
                "user_id": item.delivery.user_id,
                "gone_at": moment(at),
                "access": item.delivery.access.value,
                "restorable": item.person is not None,
                "by_hand": None if item.person is not None else _by_hand(item),
            }
            for item, at in people
            if item.delivery.access in GONE and item.delivery.intent is not Intent.PRESENT
        ]
        following = people[-1][0].delivery.key if len(people) == limit else None
        return {"gone": shown, "next": following}

    async def exceptions(
        self, actor: str, tenant: str, limit: int = CHUNK, after: str | None = None
    ) -> dict[str, Any]:
        """Return the last exception of everybody who ever had one: in force, expired, or ended."""
        refuse_page(limit, CHUNK)
        found = await self._tenants.find(tenant)
        kept = await self._store.consents.exceptions(found.id, after or "", limit)
        now = self._clock.now()
        shown = [
            exception_shown(each, await self._store.backlog.item(found.id, each.key), now) for each in kept
        ]
        return {"exceptions": shown, "next": kept[-1].key if len(kept) == limit else None}

    async def end(self, actor: str, tenant: str, user: str, because: str = "") -> dict[str, Any]:
        """End an exception now: the person leaves like anybody else. Raises `NotFound` where there is none."""
        found = await self._tenants.find(tenant)
        item = await find_person(self._store, found, user)
        by = Actor(actor, self._clock.now())
        if not await self._store.consents.end_exception(found.id, item.delivery.key, because, by):
            raise NotFound(
                f"{_name(item)} has no exception.", Remedy("{exceptions:See who has}.", found.name)
            )
        self._wake(found.id)
        return {"email": _name(item), "ended": True}

    async def _except(
        self, actor: str, tenant: Tenant, item: WorkItem, until: str, because: str, owner: str | None
    ) -> dict[str, Any]:
        by = Actor(actor, self._clock.now())
        if not because.strip():
            raise Invalid("Say why, for those who read it later: --because.")
        if leaving_of(item.delivery) is Leaving.STAYS:
            raise Refused(f"{_name(item)} has not left: there is nothing to keep him from.")
        end = end_of(until, by.at)
        key = item.delivery.key
        await self._store.consents.keep_leaver(tenant.id, key, end, because, owner or actor, by)
        self._wake(tenant.id)
        return {"email": _name(item), "until": moment(end), "owner": owner or actor, "because": because}


def exception_shown(kept: LeaverException, item: WorkItem | None, now: Milliseconds) -> dict[str, Any]:
    """Return somebody's last exception; `state` says whether it is in force, has expired, or was ended before."""
    in_force = item is not None and as_of(item.delivery, now).kept_until == kept.until
    expired = kept.until <= now and kept.ended_by is None
    return {
        "email": kept.key if item is None else _name(item),
        "state": "in force" if in_force else "expired" if expired else "ended",
        "until": moment(kept.until),
        "because": kept.because,
        "owner": kept.owner,
        "since": moment(kept.created_at),
        "by": kept.created_by,
        "ended_by": kept.ended_by,
    }


def _by_hand(item: WorkItem) -> str:
    """Say what a person has to do where the identity provider has deleted the user, and his data with him."""
    restore = (
        "The identity provider has deleted the user: restore him there, and he is let in again by himself. "
    )
    if item.delivery.access is Access.REMOVED:
        return f"{restore}Until then, add the person in HubSpot under Settings, Users & Teams."
    return f"{restore}Until then, give the person access in HubSpot under Settings, Users & Teams."


def _name(item: WorkItem) -> str:
    return item.delivery.email or item.delivery.key
