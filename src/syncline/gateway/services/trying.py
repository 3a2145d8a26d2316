"""People as they would be seen with another connection: at the account it was tried on, or at the same one again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

import msgspec
from msgspec import structs

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.delivery import Access, Delivery
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.proposal import connection_fingerprint
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.ports import Connection, WorkItem

_USERS: Final = msgspec.json.Decoder(list[AccountUser])
PACKED_AT_ONCE = 200
"""Users of an account that become text between two pauses: less than a millisecond."""


class AtAccount:
    """The set-up and the people of a tenant, were it connected so."""

    def __init__(
        self, setup: Setup, before: Connection | None, tried: Connection, users: Sequence[bytes]
    ) -> None:
        """`users` is everybody at the account it was tried on, as `packed` returns them."""
        another = before is None or _account(before) != _account(tried)
        self.people = PeopleThere(users, another=another)
        self.fingerprint = connection_fingerprint(
            setup.epoch, tried.portal_id, tried.base_url, tried.scim_base_url
        )
        seen = replace(setup, account=tried.account, scim_channel=tried.scim_token is not None)
        if another:
            seen = replace(seen, mode=TenantMode.PLAN, plan_approved=False, grant_holder=None)
            if seen.threshold is not None:
                seen = replace(seen, threshold=replace(seen.threshold, gone=0))
        self.setup = seen


class PeopleThere:
    """People with what an account has for them. It is cheap to hand to another process until the first is seen.

    Another account knows nobody of ours: what was confirmed, owed or approved is forgotten, as saving would forget it.
    """

    def __init__(self, users: Sequence[bytes], *, another: bool) -> None:
        self._users = users
        self._another = another

    def seen(self, item: WorkItem) -> WorkItem:
        """Return the person with what the account has for him."""
        delivery = _stranger(item.delivery) if self._another else item.delivery
        known = self._user_of(delivery)
        there = self._by_email.get(delivery.key)
        is_another = there is not None and known is not None and there.hubspot_id != known.hubspot_id
        return structs.replace(
            item,
            delivery=delivery,
            known=known,
            occupant=there if is_another else None,
            uncertain=None if self._another else item.uncertain,
            create_unsettled=item.create_unsettled and not self._another,
        )

    @cached_property
    def _by_id(self) -> Mapping[str, AccountUser]:
        users = (user for piece in self._users for user in _USERS.decode(piece))
        return {user.hubspot_id: user for user in users}

    @cached_property
    def _by_email(self) -> Mapping[str, AccountUser]:
        return {email_key(user.email): user for user in self._by_id.values()}

    def _user_of(self, delivery: Delivery) -> AccountUser | None:
        if delivery.hubspot_id is not None and delivery.hubspot_id in self._by_id:
            return self._by_id[delivery.hubspot_id]
        old = () if delivery.renamed_from is None else (email_key(delivery.renamed_from),)
        keys = (*old, delivery.key) if delivery.email is not None else old
        return next((self._by_email[key] for key in keys if key in self._by_email), None)


async def packed(users: Sequence[AccountUser]) -> Sequence[bytes]:
    """Return the users as texts of some of them each: a pickle of texts takes a fraction of one of users."""
    texts: list[bytes] = []
    for start in range(0, len(users), PACKED_AT_ONCE):
        texts.append(msgspec.json.encode(users[start : start + PACKED_AT_ONCE]))
        await asyncio.sleep(0)
    return texts


def _account(connection: Connection) -> tuple[int | None, str]:
    return connection.portal_id, connection.base_url


def _stranger(delivery: Delivery) -> Delivery:
    """Return the delivery of somebody of whom no account has told anything."""
    return structs.replace(
        delivery,
        hubspot_id=None,
        scim_id=None,
        origin=None,
        access=Access.NONE,
        renamed_from=None,
        hold_reason=None,
        may_reactivate=False,
        approvals=frozenset(),
        approvals_end={},
        gone_at=None,
    )
