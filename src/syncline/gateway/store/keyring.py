"""The key an installation's secrets are sealed with: checked at start, changed in a way a crash cannot break.

The database remembers the name of its key, so a wrong one is met at start and not at the first delivery. Rotation goes
through a second file: new key written → everything sealed anew in one transaction, the new name with it → second file
put in the place of the first. Whatever step a crash leaves behind, the next start knows by the name which it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table

from syncline.gateway.domain.errors import Invalid, Refused
from syncline.gateway.services.upkeep import Rotated
from syncline.gateway.store import statements
from syncline.gateway.store.archive import sync_folder
from syncline.gateway.store.tables import authorizations, connections, installation, subscriptions
from syncline.gateway.store.upkeep_statements import FACT
from syncline.sql.errors import KeyRefused
from syncline.sql.reader import Reader
from syncline.sql.rows import Need, Rows
from syncline.sql.sealing import Key, Sealer
from syncline.sql.writer import Writer

SEALED: dict[Table, dict[str, str]] = {
    connections: {each: each for each in ("access_token", "refresh_token", "client_secret", "scim_token")},
    authorizations: {each: f"authorization.{each}" for each in ("client_secret", "code_verifier")},
    subscriptions: {"secret": "subscription.secret"},
}
"""Every column that holds sealed values, and the place they are bound to besides the row's tenant."""

_ROW: dict[Table, Select[Any]] = {
    connections: statements.CONNECTION,
    authorizations: statements.AUTHORIZATION,
    subscriptions: statements.SUBSCRIPTIONS,
}

TOKENS = "scim token"
"""The purpose of the fingerprints SCIM tokens are found by."""

_KEY_NAME = "key_name"
_TOKEN_KEY = "token_fingerprint_key"  # noqa: S105 - a name
_PLACE = ("installation", _TOKEN_KEY)


@dataclass(frozen=True, slots=True)
class SealedValue:
    """One sealed value: where it is, as it is, and sealed anew."""

    table: Table
    key: tuple[Any, ...]
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Reseal:
    """Put values sealed anew in the place of the old, and remember the key; returns how many were changed."""

    values: tuple[SealedValue, ...]
    facts: dict[str, str]

    def prefetch(self) -> Iterable[Need]:
        yield from (Need(installation, ("name",), (name,)) for name in self.facts)
        for value in self.values:
            yield Need(value.table, tuple(column.name for column in value.table.primary_key), value.key)

    def apply(self, rows: Rows) -> int:
        changed = 0
        for value in self.values:
            row = rows.get(value.table, *value.key)
            if row is not None and row[value.column] == value.before:
                rows.update(value.table, value.key, **{value.column: value.after})
                changed += 1
        for name, fact in self.facts.items():
            if rows.get(installation, name) is None:
                rows.insert(installation, {"name": name, "value": fact})
            else:
                rows.update(installation, (name,), value=fact)
        return changed


@dataclass(frozen=True, slots=True)
class TakeKey:
    """Remember another key as the database's own; the fingerprints taken before are nobody's any more."""

    name: str

    def prefetch(self) -> Iterable[Need]:
        return (Need(installation, ("name",), (_KEY_NAME,)), Need(installation, ("name",), (_TOKEN_KEY,)))

    def apply(self, rows: Rows) -> None:
        rows.delete(installation, _TOKEN_KEY)
        rows.delete(installation, _KEY_NAME)
        rows.insert(installation, {"name": _KEY_NAME, "value": self.name})


class KeyRing:
    """The key of one installation and the sealer that works with it. Build it with `open_keyring`."""

    def __init__(self, sealer: Sealer, path: Path, *, given: bool) -> None:
        self.sealer = sealer
        self._path = path
        self._given = given
        self._name = sealer.key_name

    @property
    def place(self) -> str:
        """Say where the key is, for people."""
        return "the variable SYNCLINE_SECRET_KEY" if self._given else str(self._path)

    @property
    def is_rotating(self) -> bool:
        """Whether a rotation was begun and not finished."""
        return not self._given and next_key(self._path).exists()

    async def rotate(self, writer: Writer, reader: Reader, new_key: str | None) -> Rotated:
        """Seal everything under a new key; what is sealed meanwhile is sealed under the new one already.

        Raises `Refused` for a key that comes from the environment when no new one is given, `Invalid` for one that
        is no key or the present one.
        """
        before, key = self._name, self._new(new_key)
        self.sealer.turn_to(key)
        await writer.submit(Reseal((), {}))  # all that was sealed under the old key is committed now
        values = await reader.scan(self._sealed_otherwise)
        fingerprints = self.sealer.seal(self.sealer.fingerprint_key(TOKENS), *_PLACE)
        facts = {_KEY_NAME: key.name, _TOKEN_KEY: fingerprints}
        count = await writer.submit(Reseal(values, facts))
        self._name = key.name
        kept = None if self._given else promote(self._path, before)
        return Rotated(
            before=before,
            after=key.name,
            values=count,
            old_key=None if kept is None else str(kept),
            new_key=self.place,
        )

    def _new(self, text: str | None) -> Key:
        if self._given:
            if text is None:
                raise Refused(
                    "The key comes from SYNCLINE_SECRET_KEY, which this command cannot change: give the new one with "
                    "--new-key, then put it into that variable before the next start."
                )
            key = _parsed(text)
        else:
            if text is not None:
                raise Invalid(f"The key is in {self._path}; a new one is made there: leave --new-key out.")
            key = Key.make(next_key(self._path))
        if key.name == self._name:
            raise Invalid("That is the present key; give another.")
        return key

    def _sealed_otherwise(self, database: Connection) -> tuple[SealedValue, ...]:
        tenant_ids = [row.id for row in database.execute(statements.ALL_TENANTS)]
        return tuple(
            again
            for tenant_id in tenant_ids
            for table in SEALED
            for row in database.execute(_ROW[table], {"tenant_id": tenant_id}).mappings()
            for again in self._sealed_anew(table, tenant_id, dict(row))
        )

    def _sealed_anew(self, table: Table, tenant_id: str, row: Mapping[str, Any]) -> Iterator[SealedValue]:
        for column, place in SEALED[table].items():
            sealed = row[column]
            if sealed is not None and not self.sealer.is_current(sealed):
                again = self.sealer.seal(self.sealer.open(sealed, tenant_id, place), tenant_id, place)
                key = tuple(row[each.name] for each in table.primary_key)
                yield SealedValue(table, key, column, sealed, again)


def open_keyring(engine: Engine, path: Path, given: str | None, *, forget: bool = False) -> KeyRing:
    """Return the ring for a migrated database; finishes a rotation that a crash left half done.

    A database that knows no key yet takes the one there is, or a new one. Raises `KeyRefused` for a key other than
    the database's, unless `forget`: then nothing sealed before can be opened, and `take_key` is yet to be called.
    """
    with engine.connect() as connection:
        known = connection.execute(FACT, {"name": _KEY_NAME}).scalar()
        fingerprints = connection.execute(FACT, {"name": _TOKEN_KEY}).scalar()
    if known is not None and given is None and not path.exists() and not forget:
        raise KeyRefused(f"This database was sealed with the key {known}, and {path} is not there: {_REMEDY}")
    key = Key.load(path, given)
    begun = Key.load(next_key(path)) if given is None and next_key(path).exists() else None
    if known is not None and begun is not None and known == begun.name:
        promote(path, key.name)
        key, begun = begun, None
    if known is not None and known != key.name and not forget:
        raise KeyRefused(f"This database was sealed with the key {known}, this one is {key.name}: {_REMEDY}")
    sealer = Sealer(key, *(() if begun is None else (begun,)))
    if known is None:
        with engine.begin() as connection:
            connection.execute(installation.insert(), {"name": _KEY_NAME, "value": key.name})
    elif known == key.name and fingerprints is not None:
        sealer.keep_fingerprint_key(TOKENS, sealer.open(fingerprints, *_PLACE))
    return KeyRing(sealer, path, given=given is not None)


def next_key(path: Path) -> Path:
    """Return where a rotation puts the new key until everything is sealed under it."""
    return path.with_name(path.name + ".next")


def promote(path: Path, old_name: str) -> Path:
    """Put the new key in the place of the old, which is kept beside it for older backups; returns where."""
    kept = path.with_name(f"{path.name}.{old_name}")
    if not kept.exists():
        os.link(path, kept)
    next_key(path).replace(path)
    sync_folder(path.parent)
    return kept


def _parsed(text: str) -> Key:
    try:
        return Key.parse(text)
    except KeyRefused as error:
        raise Invalid(str(error)) from None


_REMEDY = (
    "put the right key back (a rotation leaves the key before it beside secret.key, under its name), or run "
    "`syncline key forget` to go on without what was sealed."
)
