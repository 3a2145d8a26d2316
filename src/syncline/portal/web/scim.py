"""HubSpot's native SCIM: users only, opened by the account's SCIM token and by nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar, TypeVar

import orjson
from sqlalchemy import Connection

from syncline.clock import Clock
from syncline.portal.domain.account import SetUp
from syncline.portal.domain.scim_user import check_account, resource_of
from syncline.portal.domain.tokens import TokenKind
from syncline.portal.store import reads, scim_reads
from syncline.portal.store.commands.scim import (
    Provision,
    Release,
    Rewrite,
    may_see,
    no_such_user,
    stored,
)
from syncline.portal.store.scim_reads import Seen
from syncline.portal.store.store import Store
from syncline.portal.web.authentication import lookup
from syncline.scim.attributes import ResourceType
from syncline.scim.errors import TooMany, Unauthorized, Unavailable
from syncline.scim.filter import Filter, attributes_used, compile_filter, equalities
from syncline.scim.patch import Patch, apply_patch
from syncline.scim.resource import Resource
from syncline.scim.schemas import USER
from syncline.scimserver import Exchange, Page, Query, Stored, bearer_token
from syncline.scimserver.rendering import timestamp
from syncline.sql.errors import StoreBusy, StoreUnavailable
from syncline.sql.rows import Command

SCAN_LIMIT = 20_000
"""Users a search may pass over when no look-up narrows it down."""

PREFIX = "/scim/v2"

T = TypeVar("T")


class OpenScim:
    """Turns a SCIM token into the store of its account."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def __call__(self, authorization: str | None, exchange: Exchange) -> PortalUsers:
        """Return the account's users; `Unauthorized` without a SCIM token, `Forbidden` without SSO or tier."""
        token = bearer_token(authorization)
        try:
            found = await lookup(self._store, token)
            if found is None or found[0].kind is not TokenKind.SCIM:
                raise Unauthorized("The bearer token is not the token of this account's SCIM app.")
            portal_id = found[0].portal_id
            setup = await self._store.reader.point(lambda connection: reads.set_up(connection, portal_id))
        except StoreUnavailable:
            raise _unavailable() from None
        check_account(setup)
        return PortalUsers(self._store, self._clock, setup, found[0].user_id)


class PortalUsers:
    """The users of one account as a `ResourceStore`."""

    resource_types: ClassVar[Mapping[str, ResourceType]] = {"User": USER}

    def __init__(self, store: Store, clock: Clock, setup: SetUp, actor: int | None) -> None:
        self._actor = actor
        self._store = store
        self._clock = clock
        self._setup = setup
        self._portal_id = setup.account.portal_id

    async def create(self, exchange: Exchange, resource_type: ResourceType, resource: Resource) -> Stored:
        return await self._submit(
            Provision(portal_id=self._portal_id, resource=resource, now=self._clock.now(), actor=self._actor)
        )

    async def get(
        self, exchange: Exchange, resource_type: ResourceType, resource_id: str, include: frozenset[str]
    ) -> Stored:
        found = await self._point(
            lambda connection: scim_reads.by_scim_id(connection, self._portal_id, resource_id)
        )
        if not found or not may_see(found[0].user, self._setup):
            raise no_such_user(resource_id)
        return stored(found[0].user, found[0].document)

    async def replace(
        self,
        exchange: Exchange,
        resource_type: ResourceType,
        resource_id: str,
        resource: Resource,
        if_match: int | None,
    ) -> Stored:
        return await self._rewrite(
            resource_id, if_match, lambda current: {"active": current["active"], **resource}
        )

    async def patch(
        self,
        exchange: Exchange,
        resource_type: ResourceType,
        resource_id: str,
        patch: Patch,
        if_match: int | None,
        include: frozenset[str],
    ) -> Stored:
        return await self._rewrite(
            resource_id, if_match, lambda current: apply_patch(USER, current, patch, exchange.notes)
        )

    async def delete(
        self, exchange: Exchange, resource_type: ResourceType, resource_id: str, if_match: int | None
    ) -> None:
        await self._submit(
            Release(
                portal_id=self._portal_id,
                scim_id=resource_id,
                if_match=if_match,
                now=self._clock.now(),
                actor=self._actor,
            )
        )

    async def query(
        self, exchange: Exchange, resource_type: ResourceType, query: Query, include: frozenset[str]
    ) -> Page:
        condition, offset = query.filter, query.start_index - 1
        if condition is None:
            seen, total = await self._scan(
                lambda connection: scim_reads.page(connection, self._setup, offset, query.count)
            )
            return Page([stored(one.user, one.document) for one in seen], total)
        matches = await self._matches(condition)
        page = matches[offset : offset + query.count]
        return Page([stored(one.user, one.document) for one in page], len(matches))

    async def _matches(self, condition: Filter) -> list[Seen]:
        holds, used = compile_filter(condition), attributes_used(condition)
        candidates = await self._candidates(condition)
        if candidates is not None:
            return [
                one for one in candidates if may_see(one.user, self._setup) and holds(_as_filtered(one, used))
            ]

        def scan(connection: Connection) -> list[Seen]:
            matches: list[Seen] = []
            for passed, one in enumerate(scim_reads.everyone(connection, self._setup)):
                if passed >= SCAN_LIMIT:
                    raise TooMany(
                        f"This filter would search more than {SCAN_LIMIT} users; filter by userName, "
                        "externalId or id."
                    )
                if holds(_as_filtered(one, used)):
                    matches.append(one)
            return matches

        return await self._scan(scan)

    async def _candidates(self, condition: Filter) -> list[Seen] | None:
        """Return the only users that can match, where an equality with a key says so."""
        for equality in equalities(condition):
            look_up = _LOOK_UPS.get(equality.path)
            if look_up is not None and isinstance(equality.value, str):
                return await self._point(partial(look_up, portal_id=self._portal_id, key=equality.value))
        return None

    async def _rewrite(
        self, scim_id: str, if_match: int | None, change: Callable[[Resource], Resource]
    ) -> Stored:
        return await self._submit(
            Rewrite(
                portal_id=self._portal_id,
                scim_id=scim_id,
                change=change,
                if_match=if_match,
                now=self._clock.now(),
                actor=self._actor,
            )
        )

    async def _submit(self, command: Command[T]) -> T:
        try:
            return await self._store.writer.submit(command)
        except (StoreBusy, StoreUnavailable):
            raise _unavailable() from None

    async def _point(self, read: Callable[[Connection], T]) -> T:
        try:
            return await self._store.reader.point(read)
        except StoreUnavailable:
            raise _unavailable() from None

    async def _scan(self, read: Callable[[Connection], T]) -> T:
        try:
            return await self._store.reader.scan(read)
        except StoreUnavailable:
            raise _unavailable() from None


_LOOK_UPS = {
    "id": scim_reads.by_scim_id,
    "userName": scim_reads.by_email,
    "externalId": scim_reads.by_external_id,
}


def _as_filtered(seen: Seen, used: frozenset[str]) -> Resource:
    """Return the resource as a filter sees it, with those of the server's attributes that it uses."""
    user = seen.user
    resource: Resource = resource_of(user) if seen.document is None else orjson.loads(seen.document)
    if used.isdisjoint(("id", "meta")):
        return resource
    meta = {
        "resourceType": "User",
        "created": timestamp(user.created_at),
        "lastModified": timestamp(user.updated_at),
    }
    return {**resource, "id": user.scim_id, "meta": meta}


def _unavailable() -> Unavailable:
    return Unavailable("The portal's database is busy; try again shortly.", retry_after=1)
