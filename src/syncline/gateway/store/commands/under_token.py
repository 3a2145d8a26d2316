"""A change that is made only while the token it was asked with is alive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from msgspec import Struct

from syncline.clock import Milliseconds
from syncline.gateway.domain.credentials import REFUSED, is_alive
from syncline.gateway.store.tables import scim_tokens
from syncline.scim.errors import Unauthorized
from syncline.sql.rows import Command, Need, Rows, next_needs_of

T = TypeVar("T")


class UnderToken(Struct, Generic[T], frozen=True):
    """Do what `command` does; raises `Unauthorized` when the token has been revoked or has expired by now.

    For a token that is remembered where other processes may revoke it: the row is read in the transaction that writes.
    """

    command: Command[T]
    token_id: str
    at: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return (Need(scim_tokens, ("id",), (self.token_id,)), *self.command.prefetch())

    def prefetch_next(self, rows: Rows) -> Iterable[Need]:
        return next_needs_of(self.command, rows)

    def apply(self, rows: Rows) -> T:
        token = rows.get(scim_tokens, self.token_id)
        if token is None or not is_alive(
            expires_at=token["expires_at"], revoked_at=token["revoked_at"], now=self.at
        ):
            raise Unauthorized(REFUSED)
        return self.command.apply(rows)
