"""What differs at HubSpot by somebody else's hand: found by reading the account, listed, enforced or accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from syncline.clock import Clock
from syncline.gateway.domain.agreement import Drift
from syncline.gateway.domain.delivery import enforce_of
from syncline.gateway.domain.drift import FIXED, DriftField
from syncline.gateway.domain.errors import Invalid, NotFound, Refused
from syncline.gateway.domain.person import email_domain, email_key
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.setup import Setup
from syncline.gateway.services.connections import Connections
from syncline.gateway.services.delivering import decide_item
from syncline.gateway.services.drifts import by_shown, policy_of
from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.ports import Actor, Orphan, Reading, Store, Tenant, Wake, WorkItem
from syncline.gateway.services.reconciling import Progress
from syncline.gateway.services.showing import hold_shown, moment, set_name
from syncline.gateway.services.tenants import Tenants
from syncline.scimserver.identifiers import time_ordered_text

MOST: Final = 500
MOST_WALKED: Final = 10_000
"""Users of the account that one call looks at for orphans; the page may be short, and says where it goes on."""
_WALK: Final = 500


class Drifting:
    """The `reconcile.*`, `drift.*` and `orphans.*` operations."""

    def __init__(
        self, store: Store, tenants: Tenants, connections: Connections, clock: Clock, wake: Wake
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._connections = connections
        self._clock = clock
        self._wake = wake

    async def reconcile(self, actor: str, tenant: str, progress: Progress | None = None) -> dict[str, Any]:
        """Read the account now and decide again about everybody it shows otherwise than was known.

        Goes on with a reading that was interrupted. What is found is sent only as far as policy and gate let it.
        """
        found = await self._tenants.find(tenant)
        reading = await self._connections.read(found, asked_by=actor, progress=progress)
        return _reading_shown(reading)

    async def show(self, actor: str, tenant: str) -> dict[str, Any]:
        """Return how far the last reading of the account came."""
        found = await self._tenants.find(tenant)
        reading = await self._store.readings.reading(found.id)
        if reading is None:
            raise NotFound(
                f"The account of {found.name} has not been read yet.", Remedy("{read:Read it}.", found.name)
            )
        return _reading_shown(reading)

    async def list(
        self,
        actor: str,
        tenant: str,
        field: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> dict[str, Any]:
        """Return people of whom something drifted, by e-mail; of one field, pages may be shorter than `limit`."""
        refuse_page(limit, MOST)
        found = await self._tenants.find(tenant)
        chosen = None if field is None else _fields([field])
        setup = await self._setup(found)
        shown: list[dict[str, Any]] = []
        cursor = after or ""
        while items := await self._store.readings.drifted(found.id, cursor, limit):
            for item in items:
                cursor = item.delivery.key
                shown += _drifts_shown(item, setup, chosen)
                if len(shown) >= limit:
                    return {"drift": shown, "next": cursor}
        return {"drift": shown, "next": None}

    async def enforce(self, actor: str, tenant: str, user: str, fields: Sequence[str] = ()) -> dict[str, Any]:
        """Have what the identity provider wants delivered again for one person; the gate decides as ever."""
        found = await self._tenants.find(tenant)
        item = await self._find(found, user)
        chosen = _drifted(item, fields)
        fixed = sorted(chosen & {each.value for each in FIXED})
        if fixed:
            raise _not_ours(fixed[0], found, user)
        drift = item.delivery.agreement.drift
        granted = [(item.delivery.key, enforce_of(name, drift[name].value)) for name in sorted(chosen)]
        await self._store.setup.approve(found.id, granted, Actor(actor, self._clock.now()))
        self._wake(found.id)
        return {"email": item.delivery.email, "fields": sorted(chosen), "enforced": True}

    async def accept(self, actor: str, tenant: str, user: str, fields: Sequence[str] = ()) -> dict[str, Any]:
        """Let HubSpot's values stand for one person until the identity provider wants others."""
        found = await self._tenants.find(tenant)
        item = await self._find(found, user)
        chosen = frozenset(_drifted(item, fields))
        if DriftField.ACCESS in chosen:
            raise _not_ours(DriftField.ACCESS.value, found, user)
        by = Actor(actor, self._clock.now())
        accepted = await self._store.readings.accept_drift(
            found.id, item.delivery.key, chosen, by, time_ordered_text(by.at)
        )
        self._wake(found.id)
        return {"email": item.delivery.email, "fields": sorted(accepted), "accepted": True}

    async def orphans(
        self, actor: str, tenant: str, limit: int = 50, after: str | None = None
    ) -> dict[str, Any]:
        """Return people active at HubSpot of whom the identity provider has never told, by HubSpot's id.

        Protected people are left out, people outside the tenant's domains too; both are counted, as far as this page
        has looked. One call looks at 10,000 users at most.
        """
        refuse_page(limit, MOST)
        found = await self._tenants.find(tenant)
        setup = await self._setup(found)
        cursor = after or ""
        shown: list[dict[str, Any]] = []
        counted = {"outside_domains": 0, "protected": 0}
        for _ in range(MOST_WALKED // _WALK):
            chunk = await self._store.readings.orphans(found.id, cursor, _WALK)
            for orphan in chunk.orphans:
                why = _left_out(orphan, setup)
                if why is not None:
                    counted[why] = counted.get(why, 0) + 1
                    continue
                shown.append(_orphan_shown(orphan, setup))
                if len(shown) == limit:
                    return {"orphans": shown, **_counted(counted), "next": orphan.user.hubspot_id}
            if chunk.after is None:
                return {"orphans": shown, **_counted(counted), "next": None}
            cursor = chunk.after
        return {"orphans": shown, **_counted(counted), "next": cursor}

    async def _setup(self, tenant: Tenant) -> Setup:
        setup = await self._store.backlog.setup(tenant.id, self._clock.now())
        if setup is None:
            raise NotFound(f"There is no tenant {tenant.name!r} any more.")
        return setup

    async def _find(self, tenant: Tenant, user: str) -> WorkItem:
        for key in (email_key(user), f"scim:{user}", user):
            item = await self._store.backlog.item(tenant.id, key)
            if item is not None:
                return item
        for item in await self._store.journal.find_items(tenant.id, search=user, after="", limit=10):
            if item.delivery.user_id == user:
                return item
        raise NotFound(
            f"{tenant.name} has nobody named {user!r}.", Remedy("{drift:See whom it is about}.", tenant.name)
        )


_NOT_OURS: Final = {
    DriftField.ACCESS.value: (
        "Whether somebody can sign in is not enforced or accepted; whoever left and was let in again leaves again by "
        "himself.",
        "{let_back_in:Let a person back in} who was deactivated at HubSpot.",
    ),
    DriftField.SUPER_ADMIN.value: (
        "Super admin is given and taken in HubSpot alone.",
        "Change it there, or {accept_drift:accept it}.",
    ),
}
"""What is said of the fields that no policy decides about: the cause, and what helps."""


def _not_ours(field: str, tenant: Tenant, user: str) -> Refused:
    cause, helps = _NOT_OURS[field]
    return Refused(cause, Remedy(helps, tenant.name, user))


def _drifted(item: WorkItem, fields: Sequence[str]) -> set[str]:
    """Return which of the fields have drifted, all of them when none is named; raises `NotFound`."""
    drift = item.delivery.agreement.drift
    chosen = set(drift) if not fields else set(drift) & _fields(fields)
    if not chosen:
        raise NotFound(f"Nothing of that has drifted for {item.delivery.email or item.delivery.key}.")
    return chosen


def _fields(names: Sequence[str]) -> set[str]:
    known = [each.value for each in DriftField]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Invalid(f"There is no field {unknown[0]!r}; there are {', '.join(known)}.")
    return set(names)


def _drifts_shown(item: WorkItem, setup: Setup, chosen: set[str] | None) -> list[dict[str, Any]]:
    """Return one line for each field of a person."""
    drift = item.delivery.agreement.drift
    return [
        _drift_shown(item, setup, name, found)
        for name, found in sorted(drift.items())
        if chosen is None or name in chosen
    ]


def _drift_shown(item: WorkItem, setup: Setup, name: str, found: Drift) -> dict[str, Any]:
    delivery = item.delivery
    return {
        "user_id": delivery.user_id,
        "user_name": item.person.user_name if item.person is not None else None,
        "email": delivery.email,
        "field": name,
        "wanted": found.confirmed,
        "at_hubspot": found.at_hubspot,
        "policy": policy_of(name, setup),
        "found_at": moment(found.since),
        "by": by_shown(found.by),
        "hold": hold_shown(delivery.hold_reason, delivery.hold_detail),
        "would": decide_item(item, setup).change.kind.value,
    }


def _left_out(orphan: Orphan, setup: Setup) -> str | None:
    """Return why somebody is no orphan to settle, None for one who is."""
    user, key = orphan.user, email_key(orphan.user.email)
    if user.active is False:
        return "deactivated"
    if user.super_admin or key in setup.protected or key == setup.grant_holder:
        return "protected"
    domains = {email_key(each.removeprefix("@")) for each in setup.policy.domains}
    return "outside_domains" if domains and email_domain(user.email) not in domains else None


def _counted(counted: dict[str, int]) -> dict[str, int]:
    return {name: counted[name] for name in ("outside_domains", "protected")}


def _orphan_shown(orphan: Orphan, setup: Setup) -> dict[str, Any]:
    user = orphan.user
    return {
        "hubspot_id": user.hubspot_id,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "permission_sets": [set_name(setup.account, each) for each in user.permission_set_ids],
        "active": user.active,
    }


def _reading_shown(reading: Reading) -> dict[str, Any]:
    return {
        "step": reading.step.value,
        "users": reading.users,
        "changed": reading.changed,
        "missing": list(reading.missing),
        "begun_at": moment(reading.begun_at),
        "finished_at": moment(reading.finished_at),
        "asked_by": reading.asked_by,
        "correlation_id": reading.correlation_id,
    }
