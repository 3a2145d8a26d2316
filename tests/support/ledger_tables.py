"""A program of two tables, small enough to read at a glance: accounts, and the entries in their books."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from syncline.sql.rows import Need, Rows

metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("external_id", Text),
    Column("balance", Integer, nullable=False, default=0),
    Column("active", Boolean, nullable=False, default=True),
    UniqueConstraint("tenant_id", "name", name="accounts_name"),
    Index("accounts_external_id", "tenant_id", "external_id"),
    info={"lookups": [("tenant_id", "name"), ("tenant_id", "external_id")]},
)

entries = Table(
    "entries",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("account_id", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    ForeignKeyConstraint(["tenant_id", "account_id"], ["accounts.tenant_id", "accounts.id"]),
    info={"lookups": [("tenant_id", "account_id")]},
)

TENANT = "t1"


class Broke(Exception):
    """The account has not that much."""


@dataclass(frozen=True)
class OpenAccount:
    """Opens an account; the database alone refuses a name that is taken."""

    id: str
    name: str
    external_id: str | None = None
    tenant_id: str = TENANT

    def prefetch(self) -> Iterable[Need]:
        return ()

    def apply(self, rows: Rows) -> str:
        row = {"tenant_id": self.tenant_id, "id": self.id, "name": self.name, "external_id": self.external_id}
        rows.insert(accounts, row)
        return self.id


@dataclass(frozen=True)
class Book:
    """Books an amount and counts it in the balance; staged first, refused last, to be undone whole."""

    account_id: str
    seq: int
    amount: int
    tenant_id: str = TENANT

    def prefetch(self) -> Iterable[Need]:
        yield Need(accounts, ("tenant_id", "id"), (self.tenant_id, self.account_id))

    def apply(self, rows: Rows) -> int:
        account = rows.get(accounts, self.tenant_id, self.account_id)
        balance = (account["balance"] if account else 0) + self.amount
        rows.insert(
            entries,
            {
                "tenant_id": self.tenant_id,
                "seq": self.seq,
                "account_id": self.account_id,
                "amount": self.amount,
            },
        )
        rows.update(accounts, (self.tenant_id, self.account_id), balance=balance)
        if balance < 0:
            raise Broke(self.account_id)
        return int(balance)


class Do:
    """A command made of a function, for tests that need just that one."""

    def __init__(self, function: Any, needs: Sequence[Need] = ()) -> None:
        self._function = function
        self._needs = needs

    def prefetch(self) -> Iterable[Need]:
        return self._needs

    def apply(self, rows: Rows) -> Any:
        return self._function(rows)
