"""People as they would be seen with another connection: at the account it was tried on, or at the same one again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from msgspec import structs

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.delivery import Access, Delivery
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.proposal import connection_fingerprint
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.ports import Connection, WorkItem


class AtAccount:
    """The set-up and the people of a tenant, were it connected so.

    Another account knows nobody of ours: what was confirmed, owed or approved is forgotten, as saving would forget it.
    """

    def __init__(
        self, setup: Setup, before: Connection | None, tried: Connection, users: Sequence[AccountUser]
    ) -> None:
        self._another = before is None or _account(before) != _account(tried)
        self._by_id = {user.hubspot_id: user for user in users}
        self._by_email = {email_key(user.email): user for user in users}
        self.fingerprint = connection_fingerprint(
            setup.epoch, tried.portal_id, tried.base_url, tried.scim_base_url
        )
        seen = replace(setup, account=tried.account, scim_channel=tried.scim_token is not None)
        if self._another:
            seen = replace(seen, mode=TenantMode.PLAN, plan_approved=False, grant_holder=None)
            if seen.threshold is not None:
                seen = replace(seen, threshold=replace(seen.threshold, gone=0))
        self.setup = seen

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
            create_unanswered=item.create_unanswered and not self._another,
        )

    def _user_of(self, delivery: Delivery) -> AccountUser | None:
        if delivery.hubspot_id is not None and delivery.hubspot_id in self._by_id:
            return self._by_id[delivery.hubspot_id]
        old = () if delivery.renamed_from is None else (email_key(delivery.renamed_from),)
        keys = (*old, delivery.key) if delivery.email is not None else old
        return next((self._by_email[key] for key in keys if key in self._by_email), None)


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
