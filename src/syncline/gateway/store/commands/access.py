"""Sessions and API keys: opened, used, ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.clock import Milliseconds
from syncline.gateway.domain.errors import NotFound
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.sessions import IDLE_LIFE, SESSION_LIFE, ApiKey, Session
from syncline.gateway.services.ports import Actor
from syncline.gateway.store.commands.operators import record
from syncline.gateway.store.tables import api_keys, operators, sessions
from syncline.sql.rows import Need, Row, Rows


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Keep a session, and forget those of the same operator that are over. Raises `NotFound` when he is gone."""

    session: Session

    def prefetch(self) -> Iterable[Need]:
        yield Need(operators, ("id",), (self.session.operator_id,))
        yield Need(sessions, ("operator_id",), (self.session.operator_id,))

    def apply(self, rows: Rows) -> None:
        session = self.session
        if rows.get(operators, session.operator_id) is None:
            raise NotFound("There is no such operator any more.")
        for earlier in rows.find(sessions, operator_id=session.operator_id):
            over = earlier["begun_at"] + SESSION_LIFE, earlier["seen_at"] + IDLE_LIFE
            if min(over) <= session.begun_at:
                rows.delete(sessions, earlier["id"])
        rows.insert(sessions, {name: getattr(session, name) for name in Session.__slots__})
        rows.update(operators, (session.operator_id,), last_signed_in_at=session.begun_at)


@dataclass(frozen=True, slots=True)
class NoteSession:
    """Remember that a session was used, or that the password was given again; one that has ended stays so."""

    session_id: str
    seen_at: Milliseconds
    fresh_at: Milliseconds | None

    def prefetch(self) -> Iterable[Need]:
        return (Need(sessions, ("id",), (self.session_id,)),)

    def apply(self, rows: Rows) -> None:
        row = rows.get(sessions, self.session_id)
        if row is None:
            return
        fresh_at = row["fresh_at"] if self.fresh_at is None else self.fresh_at
        rows.update(sessions, (self.session_id,), seen_at=self.seen_at, fresh_at=fresh_at)


@dataclass(frozen=True, slots=True)
class EndSession:
    """Sign one browser out."""

    session_id: str

    def prefetch(self) -> Iterable[Need]:
        return ()

    def apply(self, rows: Rows) -> None:
        rows.delete(sessions, self.session_id)


@dataclass(frozen=True, slots=True)
class EndSessions:
    """Sign an operator out everywhere."""

    event_id: str
    operator_id: str
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (Need(sessions, ("operator_id",), (self.operator_id,)),)

    def apply(self, rows: Rows) -> None:
        ended = rows.find(sessions, operator_id=self.operator_id)
        for session in ended:
            rows.delete(sessions, session["id"])
        record(rows, self.event_id, self.actor, "operator.signed_out", sessions=len(ended))


@dataclass(frozen=True, slots=True)
class CreateApiKey:
    """Keep a key's fingerprint; the secret itself is never here."""

    event_id: str
    key: ApiKey
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return ()

    def apply(self, rows: Rows) -> None:
        key = self.key
        row: Row = {name: getattr(key, name) for name in ApiKey.__slots__}
        rows.insert(api_keys, {**row, "role": key.role.value})
        record(
            rows,
            self.event_id,
            self.actor,
            "api_key.created",
            key_id=key.id,
            tenant_id=key.tenant_id,
            role=key.role.value,
        )


@dataclass(frozen=True, slots=True)
class RevokeApiKey:
    """End a key; twice keeps the first moment. Raises `NotFound`."""

    event_id: str
    key_id: str
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (Need(api_keys, ("id",), (self.key_id,)),)

    def apply(self, rows: Rows) -> None:
        row = rows.get(api_keys, self.key_id)
        if row is None:
            raise NotFound(f"There is no API key {self.key_id!r}.", Remedy("{keys:See which there are}."))
        if row["revoked_at"] is None:
            rows.update(api_keys, (self.key_id,), revoked_at=self.actor.at)
            record(rows, self.event_id, self.actor, "api_key.revoked", key_id=self.key_id)


@dataclass(frozen=True, slots=True)
class NoteApiKeyUse:
    """Remember when and from where a key was last used."""

    key_id: str
    at: Milliseconds
    client: str | None

    def prefetch(self) -> Iterable[Need]:
        return (Need(api_keys, ("id",), (self.key_id,)),)

    def apply(self, rows: Rows) -> None:
        if rows.get(api_keys, self.key_id) is not None:
            rows.update(api_keys, (self.key_id,), last_used_at=self.at, last_used_from=self.client)
