"""A change that is made only while the token it was asked with is alive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from syncline.clock import Milliseconds
from syncline.gateway.domain.credentials import REFUSED, is_alive
from syncline.gateway.store.tables import scim_tokens
from syncline.scim.errors import Unauthorized
from syncline.sql.rows import Command, Need, Needs, Rows, needs_of, next_needs_of

T = TypeVar("T")


class UnderToken(Struct, Generic[T], frozen=True):
    """Do what `command` does; raises `Unauthorized` when the token has been revoked or has expired by now.

    For a token that is remembered where other processes may revoke it: the row is read in the transaction that writes.
    """

    command: Command[T]
    token_id: str
    at: Milliseconds

    def prefetch(self) -> Iterable[Need | Needs]:
        return self.prefetch_all((self,))

    @classmethod
    def prefetch_all(cls, commands: Sequence[UnderToken[T]]) -> Iterable[Need | Needs]:
        """Return what many such changes need."""
        tokens = Needs(scim_tokens, ("id",), [(each.token_id,) for each in commands])
        return (tokens, *needs_of([each.command for each in commands]))

    def prefetch_next(self, rows: Rows) -> Iterable[Need | Needs]:
        return next_needs_of(self.command, rows)

    def apply(self, rows: Rows) -> T:
        token = rows.get(scim_tokens, self.token_id)
        if token is None or not is_alive(
            expires_at=token["expires_at"], revoked_at=token["revoked_at"], now=self.at
        ):
            raise Unauthorized(REFUSED)
        return self.command.apply(rows)
