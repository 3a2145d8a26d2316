"""What the endpoints ask of a store: the one seam between the SCIM protocol and everything behind it.

A `ResourceStore` is already bound to one tenant by the token that opened it, so nothing in this protocol
names a tenant. `tests/contracts/resource_store.py` holds the promises below; every store runs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct, field

from syncline.clock import Milliseconds
from syncline.scim.attributes import ResourceType
from syncline.scim.dialects import Notes
from syncline.scim.filter import Filter
from syncline.scim.patch import Patch
from syncline.scim.resource import Resource

Reference = dict[str, Any]
"""One element of `groups` or `members`: `value`, and perhaps `display` and `type`; never `$ref`."""


class Stored(Struct, frozen=True):
    """A resource as it is kept.

    `document` is the canonical JSON text of the resource, an object that holds `schemas` and never holds
    `id`, `meta`, `groups` or `members`: the server puts these in while it renders. `id` consists of
    unreserved URL characters only (RFC 3986 §2.3) and is never used twice. `version` starts at 1 and
    grows with every change that shows in the document or the members. `groups` and `members` are None
    unless they were asked for.
    """

    id: str
    version: int
    created_at: Milliseconds
    modified_at: Milliseconds
    document: bytes
    groups: tuple[Reference, ...] | None = None
    members: tuple[Reference, ...] | None = None


class Exchange(Struct):
    """One SCIM request, as the event log wants to know it; `client` is the address of the peer.

    `opened` names the store that the token opened; whoever authenticates may set it, for whoever observes requests.

    `notes` names the dialect rules that were needed to understand the body; it is complete when the
    store is called, except for those that `apply_patch` adds.
    """

    correlation_id: str
    notes: Notes = field(default_factory=Notes)
    client: str | None = None
    user_agent: str = ""
    method: str = ""
    path: str = ""
    opened: str | None = None


class Query(Struct, frozen=True):
    """A search. `start_index` counts from 1; `count` is at least 0 and already capped."""

    filter: Filter | None
    start_index: int
    count: int


class Page(Struct, frozen=True):
    """One page of matches and the number of all matches, in an order that stays as it is between pages."""

    resources: Sequence[Stored]
    total_results: int


class ResourceStore(Protocol):
    """The resources of one tenant.

    Every method either does all it says or raises and changes nothing. A write is durable when it
    returns. Concurrent calls behave as if made one after the other. `include` names the computed
    attributes wanted in the answer, of {"groups", "members"}.

    Two users never have the same `userName`, nor two groups the same `displayName`, by `comparison_key`.

    `if_match` is the only version the caller will overwrite, None for any; another one is
    `PreconditionFailed`. A change whose outcome equals what is there leaves `version` and `modified_at`
    as they are.
    """

    @property
    def resource_types(self) -> Mapping[str, ResourceType]:
        """What this endpoint serves: "User" and perhaps "Group"."""
        ...

    async def create(self, exchange: Exchange, resource_type: ResourceType, resource: Resource) -> Stored:
        """Keep a new resource and return it, members included; `Uniqueness` when its name is taken.

        A user that does not say whether he is `active` is active.
        """
        ...

    async def get(
        self, exchange: Exchange, resource_type: ResourceType, resource_id: str, include: frozenset[str]
    ) -> Stored:
        """Return the resource of exactly this id and type; `NotFound` otherwise."""
        ...

    async def replace(
        self,
        exchange: Exchange,
        resource_type: ResourceType,
        resource_id: str,
        resource: Resource,
        if_match: int | None,
    ) -> Stored:
        """Put this resource in the place of the one there; `NotFound`, `Uniqueness`, `PreconditionFailed`.

        A resource without `members` leaves the members alone; an empty list removes them all. One
        without `active` leaves `active` as it is: leaving a word out must not reactivate a leaver.
        """
        ...

    async def patch(
        self,
        exchange: Exchange,
        resource_type: ResourceType,
        resource_id: str,
        patch: Patch,
        if_match: int | None,
        include: frozenset[str],
    ) -> Stored:
        """Apply all operations or none; the errors of `replace` and of `apply_patch`."""
        ...

    async def delete(
        self, exchange: Exchange, resource_type: ResourceType, resource_id: str, if_match: int | None
    ) -> None:
        """Forget the resource and its memberships; `NotFound`, `PreconditionFailed`."""
        ...

    async def query(
        self, exchange: Exchange, resource_type: ResourceType, query: Query, include: frozenset[str]
    ) -> Page:
        """Return one page of the matches; `TooMany` where the filter would need an unbounded scan."""
        ...


class Authenticate(Protocol):
    """Turn the credentials of a request into the store they open."""

    async def __call__(self, authorization: str | None, exchange: Exchange, /) -> ResourceStore:
        """Return the store, or raise `Unauthorized`; trouble of ours is `Unavailable`, never a 401."""
        ...
