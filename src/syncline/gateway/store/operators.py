"""Operators and how they get in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, Select

from syncline.clock import Milliseconds
from syncline.gateway.domain.operators import Access, Operator, Role
from syncline.gateway.domain.sessions import ApiKey, Invitation, InvitationKind, Session
from syncline.gateway.services.ports import Actor, OperatorEvent, SignedIn
from syncline.gateway.store import operator_statements as statements
from syncline.gateway.store.commands import access
from syncline.gateway.store.commands import operators as commands
from syncline.scim.names import comparison_key
from syncline.sql.looking import first_of, rows_of
from syncline.sql.reader import Reader
from syncline.sql.rows import Row
from syncline.sql.writer import Writer

MOST = 1000
"""How many open invitations and API keys are listed."""


class SqlOperators:
    """Implements `services.ports.OperatorStore`."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def has_owner(self) -> bool:
        """Tell whether somebody owns everything yet."""
        return bool(await self._reader.rows(statements.OWNERS, {}))

    async def operator(self, operator_id: str) -> Operator | None:
        """Return the operator of that id."""
        return await self._one(statements.OPERATOR, {"operator_id": operator_id})

    async def operator_by_email(self, email: str) -> Operator | None:
        """Return the operator of that e-mail, in any case."""
        return await self._one(statements.OPERATOR_BY_EMAIL, {"email_key": comparison_key(email)})

    async def operators(self, *, after: str, limit: int) -> list[Operator]:
        """Return operators by e-mail, those after one of them."""
        parameters = {"after": comparison_key(after), "limit": limit}
        return await self._reader.point(
            lambda database: _with_roles(database, statements.OPERATORS, parameters)
        )

    async def give_role(self, operator_id: str, tenant_id: str, role: Role | None, actor: Actor) -> Operator:
        """Give a role at a place, or take it; raises `NotFound`, and `Refused` for the last owner's."""
        await self._writer.submit(commands.GiveRole(event_id(actor), operator_id, tenant_id, role, actor))
        operator = await self.operator(operator_id)
        assert operator is not None, "an operator was removed while he got a role"  # noqa: S101
        return operator

    async def set_password(self, operator_id: str, password: str, actor: Actor) -> None:
        """Keep another hash; every session ends."""
        await self._writer.submit(commands.SetPassword(event_id(actor), operator_id, None, password, actor))

    async def remove_operator(self, operator_id: str, actor: Actor) -> None:
        """End an operator with his roles, sessions, links and keys; raises `NotFound`, and `Refused`."""
        await self._writer.submit(commands.RemoveOperator(event_id(actor), operator_id, actor))

    async def invite(self, invitation: Invitation, actor: Actor) -> None:
        """Keep a one-time link."""
        await self._writer.submit(commands.Invite(event_id(actor), invitation, actor))

    async def invitation(self, invitation_id: str) -> Invitation | None:
        """Return a link, used or not."""
        rows = await self._reader.rows(statements.INVITATION, {"invitation_id": invitation_id})
        return _invitation_of(rows[0]) if rows else None

    async def invitations(self, now: Milliseconds) -> list[Invitation]:
        """Return the links that can still be used, the first to end first; at most `MOST`."""
        rows = await self._reader.rows(statements.OPEN_INVITATIONS, {"now": now, "limit": MOST})
        return [_invitation_of(row) for row in rows]

    async def withdraw(self, invitation_id: str, actor: Actor) -> None:
        """End a link before it is used; raises `NotFound`."""
        await self._writer.submit(commands.Withdraw(event_id(actor), invitation_id, actor))

    async def join(self, operator: Operator, invitation_id: str | None, actor: Actor) -> None:
        """Make somebody an operator and use up his invitation; raises `Refused` and `Conflict`."""
        await self._writer.submit(commands.Join(event_id(actor), operator, invitation_id, actor))

    async def change_password_by_link(self, invitation_id: str, password: str, actor: Actor) -> str:
        """Keep another hash for whom the link is of, whose id is returned; raises `Refused`."""
        return await self._writer.submit(
            commands.SetPassword(event_id(actor), None, invitation_id, password, actor)
        )

    async def open_session(self, session: Session) -> None:
        """Keep a session."""
        await self._writer.submit(access.OpenSession(session))

    async def signed_in(self, session_id: str) -> SignedIn | None:
        """Return the session and its operator with his roles as they are now."""

        def read(database: Connection) -> SignedIn | None:
            row = first_of(database, statements.SESSION, {"session_id": session_id})
            if row is None:
                return None
            found = _with_roles(database, statements.OPERATOR, {"operator_id": row["operator_id"]})
            return SignedIn(Session(**row), found[0]) if found else None

        return await self._reader.point(read)

    async def note_session(
        self, session_id: str, *, seen_at: Milliseconds, fresh_at: Milliseconds | None = None
    ) -> None:
        """Remember when a session was used, and when the password was given."""
        await self._writer.submit(access.NoteSession(session_id, seen_at, fresh_at))

    async def end_session(self, session_id: str) -> None:
        """Sign one browser out."""
        await self._writer.submit(access.EndSession(session_id))

    async def end_sessions(self, operator_id: str, actor: Actor) -> None:
        """Sign an operator out everywhere."""
        await self._writer.submit(access.EndSessions(event_id(actor), operator_id, actor))

    async def create_api_key(self, key: ApiKey, actor: Actor) -> None:
        """Keep a key's fingerprint."""
        await self._writer.submit(access.CreateApiKey(event_id(actor), key, actor))

    async def api_key(self, key_id: str) -> ApiKey | None:
        """Return a key by its public id."""
        rows = await self._reader.rows(statements.API_KEY, {"key_id": key_id})
        return _api_key_of(rows[0]) if rows else None

    async def api_keys(self) -> list[ApiKey]:
        """Return keys, the revoked ones included; at most `MOST`."""
        return [_api_key_of(row) for row in await self._reader.rows(statements.API_KEYS, {"limit": MOST})]

    async def revoke_api_key(self, key_id: str, actor: Actor) -> None:
        """End a key; raises `NotFound`."""
        await self._writer.submit(access.RevokeApiKey(event_id(actor), key_id, actor))

    async def note_api_key_use(self, key_id: str, at: Milliseconds, client: str | None) -> None:
        """Remember when and from where a key was last used."""
        await self._writer.submit(access.NoteApiKeyUse(key_id, at, client))

    async def operator_events(self, *, before: str, limit: int) -> list[OperatorEvent]:
        """Return what changed about operators, newest first; `before` is the id of an entry, empty for the newest."""
        parameters = {"before": before or "~", "limit": limit}
        rows = await self._reader.rows(statements.OPERATOR_EVENTS, parameters)
        return [OperatorEvent(**{**row, "detail": orjson.loads(row["detail"])}) for row in rows]

    async def _one(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Operator | None:
        found = await self._reader.point(lambda database: _with_roles(database, statement, parameters))
        return found[0] if found else None


def _with_roles(
    database: Connection, statement: Select[Any], parameters: Mapping[str, Any]
) -> list[Operator]:
    found = rows_of(database, statement, parameters)
    if not found:
        return []
    ids = [row["id"] for row in found]
    roles: dict[str, dict[str, Role]] = {each: {} for each in ids}
    for held in database.execute(statements.ROLES_OF, {"values": ids}).mappings():
        roles[held["operator_id"]][held["tenant_id"]] = Role(held["role"])
    return [_operator_of(row, roles[row["id"]]) for row in found]


def _operator_of(row: Row, roles: Mapping[str, Role]) -> Operator:
    kept = {name: value for name, value in row.items() if name != "email_key"}
    return Operator(**kept, access=Access(roles))


def _invitation_of(row: Row) -> Invitation:
    roles = {place: Role(role) for place, role in orjson.loads(row["roles"]).items()}
    return Invitation(**{**row, "kind": InvitationKind(row["kind"]), "roles": roles})


def _api_key_of(row: Row) -> ApiKey:
    return ApiKey(**{**row, "role": Role(row["role"])})


def event_id(actor: Actor) -> str:
    """Return the id of what somebody does now, in the order of time."""
    return f"{actor.at:015d}-{secrets.token_hex(4)}"
