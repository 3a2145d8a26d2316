"""Finding what the person at the keyboard names: accounts, users, permission sets, teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from syncline.clock import Milliseconds
from syncline.portal.domain.account import Account, SetUp
from syncline.portal.domain.errors import SetupError
from syncline.portal.domain.user import AccountUser
from syncline.portal.store import reads
from syncline.portal.store.commands.accounts import no_account
from syncline.portal.store.people import UserKey
from syncline.portal.store.store import Store


async def named_account(store: Store, name: str) -> Account:
    """Return the account of that name, in any case; `SetupError` when there is none."""
    found = await store.reader.scan(lambda connection: reads.account_named(connection, name))
    if found is None:
        raise no_account(name)
    return found


async def read_set_up(store: Store, account: Account) -> SetUp:
    """Return what the users of an account can be given."""
    return await store.reader.scan(lambda connection: reads.set_up(connection, account.portal_id))


async def read_user(store: Store, account: Account, user: str) -> AccountUser:
    """Return the user of that e-mail or id; `SetupError` when the account has none."""
    key = user_key(user)
    found = await store.reader.scan(lambda connection: reads.user(connection, account.portal_id, key))
    if found is None:
        raise SetupError(f"There is no user {user} in the account {account.name}.")
    return found


def user_key(user: str) -> UserKey:
    """Return whom a text means: an id when it is a number, else an e-mail."""
    return user if "@" in user else int(user) if user.isascii() and user.isdecimal() else user


def ids_by_name(things: Sequence[Any]) -> dict[str, str]:
    """Return the ids of sets or teams by name."""
    return {thing.name: thing.id for thing in things}


def chosen_id(what: str, wanted: str | None, ids: Mapping[str, str]) -> str | None:
    """Return the id of a thing called by name or id; the default is none."""
    if not wanted or wanted in ids.values():
        return wanted
    if wanted not in ids:
        raise SetupError(f"There is no {what} {wanted!r}; there are {', '.join(ids)}.")
    return ids[wanted]


def moment(milliseconds: Milliseconds) -> str:
    """Return a moment as RFC 3339 text."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
