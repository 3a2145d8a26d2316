"""Loading what the decisions need: deliveries with their person, groups and HubSpot user, in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from operator import itemgetter
from typing import Any

import orjson
from msgspec.structs import replace
from sqlalchemy import Connection, Select

from syncline.clock import Milliseconds
from syncline.courtesy import one_by_one
from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.delivery import LEAVE, Delivery, Intent
from syncline.gateway.domain.person import GroupRef, Person, email_key, person_from
from syncline.gateway.domain.tenant import EmailSource
from syncline.gateway.services.ports import WorkItem
from syncline.gateway.store import records, statements
from syncline.gateway.store.commands.drifting import OUTDATED
from syncline.sql.looking import first_of, tuples_of
from syncline.sql.rows import Row

NEVER: Milliseconds = 2**62
"""The end of an approval that a server of the release before has written."""


def items_of(connection: Connection, tenant_id: str, rows: Sequence[Row]) -> list[WorkItem]:
    """Return the rows of `deliveries` as work items, in their order; a few queries for any number of them."""
    if not rows:
        return []
    tenant = first_of(connection, statements.TENANT_BY_ID, {"tenant_id": tenant_id})
    email_source = EmailSource.USER_NAME if tenant is None else records.policy_of(tenant).email_from
    approved = _approvals(connection, tenant_id, rows)
    gone = _gone(connection, tenant_id, rows)
    deliveries = [
        records.delivery_of(row, approved[row["key"]], gone.get(row["key"])) for row in one_by_one(rows)
    ]
    addresses = [_email_keys(each) for each in deliveries]
    people = _people(connection, tenant_id, deliveries, email_source)
    known = _Known(connection, tenant_id, deliveries, addresses)
    unsettled = _unsettled(connection, tenant_id, deliveries, addresses)
    items: list[WorkItem] = []
    for delivery, row, keys in one_by_one(zip(deliveries, rows, addresses, strict=True)):
        user = known.user_of(delivery, keys)
        item = WorkItem(
            delivery=_naming_holder(delivery, people),
            person=None if delivery.user_id is None else people.get(delivery.user_id),
            known=user,
            occupant=known.occupant_of(delivery, user),
            correlation_id=row["correlation_id"],
            uncertain=row["uncertain"],
            epoch=row["decided_epoch"],
            outdated=row["decided_epoch"] == OUTDATED,
            create_unsettled=_was_created(keys, unsettled, row["delivered_at"] or 0),
        )
        items.append(item)
    return items


def _approvals(
    connection: Connection, tenant_id: str, rows: Sequence[Row]
) -> defaultdict[str, dict[str, Milliseconds]]:
    """Return what operators have approved, by delivery, and when it ends: for the person it has now.

    Leaving only for whom is to leave.
    """
    found: defaultdict[str, dict[str, Milliseconds]] = defaultdict(dict)
    by_key = {row["key"]: row for row in rows}
    parameters = {"tenant_id": tenant_id, "values": list(by_key)}
    for key, what, user_id, expires_at in tuples_of(connection, statements.APPROVALS_FOR, parameters):
        row = by_key[key]
        outdated = what == LEAVE and row["intent"] == Intent.PRESENT.value
        if user_id == row["user_id"] and not outdated:
            found[key][what] = NEVER if expires_at is None else expires_at
    return found


def _gone(connection: Connection, tenant_id: str, rows: Sequence[Row]) -> dict[str, Milliseconds]:
    """Return when those who are to leave last lost access, by delivery; who came back long ago is not looked for."""
    keys = [row["key"] for row in rows if row["intent"] != Intent.PRESENT.value]
    if not keys:
        return {}
    return dict(tuples_of(connection, statements.DELETIONS_OF, {"tenant_id": tenant_id, "values": keys}))


def _people(
    connection: Connection, tenant_id: str, deliveries: Sequence[Delivery], source: EmailSource
) -> dict[str, Person]:
    """Return the SCIM users the deliveries speak of, those who merely hold a wanted e-mail included."""
    ids = {each.user_id for each in deliveries} | {each.claimed_by for each in deliveries}
    values = sorted(each for each in ids if each is not None)
    if not values:
        return {}
    parameters = {"tenant_id": tenant_id, "values": values}
    groups = _groups_of(connection, tenant_id, values)
    found = tuples_of(connection, statements.USERS_IN, parameters)
    return {
        user_id: person_from(user_id, orjson.loads(document), groups.get(user_id, ()), source)
        for user_id, document in one_by_one(found)
    }


def _groups_of(
    connection: Connection, tenant_id: str, user_ids: Sequence[str]
) -> defaultdict[str, list[GroupRef]]:
    """Return the groups each of these is a direct member of, the oldest first; each group is read once."""
    parameters = {"tenant_id": tenant_id, "values": user_ids}
    found: defaultdict[str, list[GroupRef]] = defaultdict(list)
    groups: dict[str, GroupRef] = {}
    memberships = tuples_of(connection, statements.GROUPS_OF, parameters)
    for user_id, group_id, _ordinal, document in sorted(memberships, key=itemgetter(2)):
        group = groups.get(group_id)
        if group is None:
            group = groups[group_id] = GroupRef(group_id, orjson.loads(document)["displayName"])
        found[user_id].append(group)
    return found


def _naming_holder(delivery: Delivery, people: dict[str, Person]) -> Delivery:
    """People are named by their userName, not by an id nobody knows."""
    if delivery.claimed_by is None:
        return delivery
    holder = people.get(delivery.claimed_by)
    return delivery if holder is None else replace(delivery, claimed_by=holder.user_name)


class _Known:
    """HubSpot's users behind a number of deliveries, by id and by e-mail; each is read once."""

    def __init__(
        self,
        connection: Connection,
        tenant_id: str,
        deliveries: Sequence[Delivery],
        addresses: Sequence[Sequence[str]],
    ) -> None:
        self._by_id: dict[str, AccountUser] = {}
        self._by_email: dict[str, AccountUser] = {}
        keys = {key for each in addresses for key in each}
        self._read(connection, tenant_id, statements.KNOWN_BY_EMAIL, keys)
        ids = {each.hubspot_id for each in deliveries if each.hubspot_id is not None}
        self._read(connection, tenant_id, statements.KNOWN_BY_ID, ids - self._by_id.keys())

    def user_of(self, delivery: Delivery, keys: Sequence[str]) -> AccountUser | None:
        """Return the HubSpot user of the delivery: by id once it has one, else by e-mail."""
        if delivery.hubspot_id is not None and delivery.hubspot_id in self._by_id:
            return self._by_id[delivery.hubspot_id]
        for key in keys:
            if key in self._by_email:
                return self._by_email[key]
        return None

    def occupant_of(self, delivery: Delivery, mine: AccountUser | None) -> AccountUser | None:
        """Return another HubSpot user who has the delivery's e-mail."""
        there = self._by_email.get(delivery.key)
        if there is None or mine is None or there.hubspot_id == mine.hubspot_id:
            return None
        return there

    def _read(self, connection: Connection, tenant_id: str, statement: Select[Any], values: Set[str]) -> None:
        if not values:
            return
        parameters = {"tenant_id": tenant_id, "values": sorted(values)}
        for hubspot_id, key, document in one_by_one(tuples_of(connection, statement, parameters)):
            if hubspot_id not in self._by_id:
                self._by_id[hubspot_id] = records.account_user_of(document)
            self._by_email[key] = self._by_id[hubspot_id]


def _email_keys(delivery: Delivery) -> list[str]:
    """Return where the person may be found at HubSpot: under the old e-mail while a rename is owed, else the new."""
    old = [] if delivery.renamed_from is None else [email_key(delivery.renamed_from)]
    return [*old, delivery.key] if delivery.email is not None else old


def _was_created(
    keys: Sequence[str], unsettled: Mapping[str, Milliseconds], delivered_at: Milliseconds
) -> bool:
    """Tell whether a create of ours may have made the person: for this e-mail, or for the one before a rename."""
    return bool(unsettled) and any(unsettled.get(key, 0) > delivered_at for key in keys)


def _unsettled(
    connection: Connection,
    tenant_id: str,
    deliveries: Sequence[Delivery],
    addresses: Sequence[Sequence[str]],
) -> dict[str, Milliseconds]:
    """Return when a create was last sent that may have succeeded, by e-mail, for those who are not ours yet.

    Had it been settled, they would be: a server may end between HubSpot's answer and what is made of it.
    """
    not_ours = (keys for each, keys in zip(deliveries, addresses, strict=True) if each.origin is None)
    keys = sorted({key for each in not_ours for key in each})
    if not keys:
        return {}
    sent: dict[str, Milliseconds] = {}
    parameters = {"tenant_id": tenant_id, "values": keys}
    for key, sent_at in tuples_of(connection, statements.UNSETTLED_CREATES, parameters):
        sent[key] = max(sent_at, sent.get(key, 0))
    return sent
