"""Signing in: passwords, and the log of who tried."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.portal.domain.provisioning import not_found
from syncline.portal.store.numbers import next_number
from syncline.portal.store.people import UserKey, find_user, user_needs
from syncline.portal.store.tables import account_users, identities, logins
from syncline.sql.rows import Need, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPassword:
    """Give a user of the account the password with this hash and return the e-mail; `ObjectNotFound`."""

    portal_id: int
    key: UserKey
    password: str

    def prefetch(self) -> Iterable[Need]:
        return user_needs(self.portal_id, self.key)

    def apply(self, rows: Rows) -> str:
        user = find_user(rows, self.portal_id, self.key)
        if user is None or not user.present:
            raise not_found(str(self.key))
        rows.update(identities, (user.id,), password=self.password)
        return user.email


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLogin:
    """Write a try to sign in to the log of every account that has this person."""

    user_id: int
    email: str
    succeeded: bool
    address: str | None
    user_agent: str | None
    now: Milliseconds

    def prefetch(self) -> Iterable[Need]:
        return [Need(account_users, ("user_id",), (self.user_id,))]

    def apply(self, rows: Rows) -> None:
        for row in rows.find(account_users, user_id=self.user_id):
            if row["removed_at"] is None:
                rows.insert(
                    logins,
                    {
                        "portal_id": row["portal_id"],
                        "id": next_number(rows, "activity"),
                        "user_id": self.user_id,
                        "email": self.email,
                        "succeeded": self.succeeded,
                        "address": self.address,
                        "user_agent": self.user_agent,
                        "at": self.now,
                    },
                )
