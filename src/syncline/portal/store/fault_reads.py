"""Reads of ordered faults, and of whose call a credential makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, bindparam, select

from syncline.portal.domain.tokens import fingerprint
from syncline.portal.faults.order import Fault
from syncline.portal.store.tables import accounts, faults, oauth_codes, tokens

# Made while this is imported, by one thread: msgspec does not bear two that use a type for the first time at once.
_FAULT = msgspec.json.Decoder(Fault)
_ALL = select(faults).order_by(faults.c.id)
_NAME = select(accounts.c.name).where(accounts.c.portal_id == bindparam("portal_id"))
_OWNERS = [select(table.c.portal_id).where(table.c.id == bindparam("id")) for table in (tokens, oauth_codes)]


@dataclass(frozen=True, slots=True)
class Ordered:
    """A fault with its number and the account it was ordered for."""

    id: int
    portal_id: int
    fault: Fault


def all_ordered(connection: Connection) -> list[Ordered]:
    """Return every ordered fault, oldest first."""
    return [
        Ordered(row["id"], row["portal_id"], _FAULT.decode(row["rule"]))
        for row in connection.execute(_ALL).mappings()
    ]


def account_name(connection: Connection, portal_id: int) -> str:
    """Return the name of an existing account."""
    name: str = connection.execute(_NAME, {"portal_id": portal_id}).scalar_one()
    return name


def account_of(connection: Connection, secrets: Sequence[str]) -> int | None:
    """Return the account of the first of these tokens and codes that is one, whatever its standing."""
    for secret in secrets:
        for statement in _OWNERS:
            found: int | None = connection.execute(statement, {"id": fingerprint(secret)}).scalar()
            if found is not None:
                return found
    return None
