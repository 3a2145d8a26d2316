"""What somebody granted in an account ends with the access of that person."""

from __future__ import annotations

from syncline.portal.domain.tokens import TokenKind
from syncline.portal.domain.user import AccountUser
from syncline.portal.store.mapping import account_from
from syncline.portal.store.tables import accounts, oauth_codes, tokens
from syncline.sql.rows import Rows


def end_grants(rows: Rows, user: AccountUser) -> None:
    """End the tokens and codes that act for a user; the account's flag may keep them."""
    (account,) = rows.find(accounts, portal_id=user.portal_id)
    if not account_from(account).flags.grants_end_with_access:
        return
    for row in rows.find(tokens, portal_id=user.portal_id):
        theirs = row["user_id"] == user.id and TokenKind(row["kind"]).ends_with_its_person
        if theirs and row["revoked_at"] is None:
            rows.update(tokens, (row["id"],), revoked_at=user.updated_at, sealed=None)
    for row in rows.find(oauth_codes, portal_id=user.portal_id):
        if row["user_id"] == user.id:
            rows.delete(oauth_codes, row["id"])
