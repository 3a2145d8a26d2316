"""Tokens of people who work on projects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.portal.domain.tokens import TokenKind
from syncline.portal.store.commands.accounts import NewToken, token_row
from syncline.portal.store.tables import tokens
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDeveloperToken:
    """Register a personal access key, or a token it was traded for; tokens that expired are forgotten.

    HubSpot's command line asks for one twice a command, so what is over must not pile up.
    """

    portal_id: int
    token: NewToken
    user_id: int | None
    now: Milliseconds
    expires_at: Milliseconds | None

    def prefetch(self) -> Iterable[Need]:
        return [Need(tokens, ("portal_id",), (self.portal_id,))]

    def apply(self, rows: Rows) -> None:
        for row in rows.find(tokens, portal_id=self.portal_id):
            if row["kind"] == TokenKind.DEVELOPER.value and (row["expires_at"] or 0) <= self.now:
                rows.delete(tokens, row["id"])
        rows.insert(
            tokens,
            token_row(self.portal_id, self.token, self.now, user_id=self.user_id, expires_at=self.expires_at),
        )
