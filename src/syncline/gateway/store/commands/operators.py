"""What changes about operators: joining, roles, passwords, leaving. Each change is audited as it is made.

There is always an owner for all tenants once there has been one: whatever would end the last is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.gateway.domain.errors import Conflict, NotFound, Refused
from syncline.gateway.domain.operators import EVERYWHERE, Access, Operator, Role
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.sessions import Invitation, InvitationKind
from syncline.gateway.services.ports import Actor
from syncline.gateway.store.commands.seconding import person_behind
from syncline.gateway.store.tables import (
    api_keys,
    invitations,
    operator_events,
    operator_roles,
    operators,
    sessions,
)
from syncline.scim import json
from syncline.scim.names import comparison_key
from syncline.sql.rows import Need, Row, Rows


@dataclass(frozen=True, slots=True)
class Join:
    """Make somebody an operator; with an invitation it is used up. Raises `Refused` for one that is not open.

    Raises `Conflict` when somebody has that e-mail, or when there is an owner already who was to be the first.
    """

    event_id: str
    operator: Operator
    invitation_id: str | None
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        yield Need(operators, ("email_key",), (comparison_key(self.operator.email),))
        if self.invitation_id is not None:
            yield Need(invitations, ("id",), (self.invitation_id,))
        yield Need(operator_roles, ("tenant_id",), (EVERYWHERE,))

    def apply(self, rows: Rows) -> None:
        self._use_invitation(rows)
        key = comparison_key(self.operator.email)
        if rows.find(operators, email_key=key):
            raise Conflict(
                f"There is already an operator {self.operator.email}: sign in, or take another address."
            )
        operator = self.operator
        row: Row = {
            "id": operator.id,
            "email": operator.email,
            "email_key": key,
            "name": operator.name,
            "password": operator.password,
            "created_at": self.actor.at,
            "created_by": operator.created_by,
            "last_signed_in_at": None,
        }
        rows.insert(operators, row)
        for tenant_id, role in operator.access.roles.items():
            held = {"tenant_id": tenant_id, "operator_id": operator.id, "role": role.value}
            rows.insert(operator_roles, held)
        roles = {place: role.value for place, role in operator.access.roles.items()}
        record(rows, self.event_id, self.actor, "operator.joined", email=operator.email, roles=roles)

    def _use_invitation(self, rows: Rows) -> None:
        if self.invitation_id is None:
            return
        invitation = open_invitation(rows, self.invitation_id, self.actor)
        first = invitation["kind"] == InvitationKind.FIRST_OWNER.value
        if first and owners(rows):
            raise Conflict("There is an owner already: ask him for an invitation.")
        rows.update(invitations, (self.invitation_id,), used_at=self.actor.at)


@dataclass(frozen=True, slots=True)
class GiveRole:
    """Give an operator a role at a place, or take it with None. Raises `NotFound` and `Refused`.

    The keys and open invitations he made that may do more than he may from now on end.
    """

    event_id: str
    operator_id: str
    tenant_id: str
    role: Role | None
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        yield Need(operators, ("id",), (self.operator_id,))
        yield Need(operator_roles, ("tenant_id", "operator_id"), (self.tenant_id, self.operator_id))
        yield Need(operator_roles, ("tenant_id",), (EVERYWHERE,))
        yield Need(invitations, ("kind",), (InvitationKind.INVITATION.value,))
        for table in (operator_roles, api_keys):
            yield Need(table, ("operator_id",), (self.operator_id,))

    def apply(self, rows: Rows) -> None:
        operator = _present(rows, self.operator_id)
        key = (self.tenant_id, self.operator_id)
        before = rows.get(operator_roles, *key)
        if self.tenant_id == EVERYWHERE and self.role is not Role.OWNER:
            keep_an_owner(rows, self.operator_id)
        if self.role is None:
            rows.delete(operator_roles, *key)
        elif before is None:
            held = {"tenant_id": self.tenant_id, "operator_id": self.operator_id, "role": self.role.value}
            rows.insert(operator_roles, held)
        else:
            rows.update(operator_roles, key, role=self.role.value)
        roles = rows.find(operator_roles, operator_id=self.operator_id)
        access = Access({each["tenant_id"]: Role(each["role"]) for each in roles})
        _end_ways_in(rows, operator, access, self.actor)
        record(
            rows,
            self.event_id,
            self.actor,
            "operator.role",
            email=operator["email"],
            tenant_id=self.tenant_id,
            before=before and before["role"],
            role=self.role and self.role.value,
        )


@dataclass(frozen=True, slots=True)
class RemoveOperator:
    """End an operator with his roles, sessions, links and keys, and the invitations he made, all at once."""

    event_id: str
    operator_id: str
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        yield Need(operators, ("id",), (self.operator_id,))
        yield Need(operator_roles, ("tenant_id",), (EVERYWHERE,))
        yield Need(invitations, ("kind",), (InvitationKind.INVITATION.value,))
        for table in (operator_roles, sessions, api_keys, invitations):
            yield Need(table, ("operator_id",), (self.operator_id,))

    def apply(self, rows: Rows) -> None:
        operator = _present(rows, self.operator_id)
        keep_an_owner(rows, self.operator_id)
        for held in rows.find(operator_roles, operator_id=self.operator_id):
            rows.delete(operator_roles, held["tenant_id"], self.operator_id)
        for session in rows.find(sessions, operator_id=self.operator_id):
            rows.delete(sessions, session["id"])
        for link in rows.find(invitations, operator_id=self.operator_id):
            rows.delete(invitations, link["id"])
        _end_ways_in(rows, operator, Access(), self.actor)
        rows.delete(operators, self.operator_id)
        record(rows, self.event_id, self.actor, "operator.removed", email=operator["email"])


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Give an operator another password, by a one-time link or without; every session of his ends.

    Returns whose it was. Raises `Refused` for a link that is not open.
    """

    event_id: str
    operator_id: str | None
    invitation_id: str | None
    password: str
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        if self.operator_id is not None:
            yield Need(operators, ("id",), (self.operator_id,))
            yield Need(sessions, ("operator_id",), (self.operator_id,))
        if self.invitation_id is not None:
            yield Need(invitations, ("id",), (self.invitation_id,))

    def apply(self, rows: Rows) -> str:
        operator_id = self.operator_id
        if self.invitation_id is not None:
            operator_id = open_invitation(rows, self.invitation_id, self.actor)["operator_id"]
            rows.update(invitations, (self.invitation_id,), used_at=self.actor.at)
        operator = _present(rows, operator_id or "")
        rows.update(operators, (operator["id"],), password=self.password)
        for session in rows.find(sessions, operator_id=operator["id"]):
            rows.delete(sessions, session["id"])
        record(rows, self.event_id, self.actor, "operator.password", email=operator["email"])
        return str(operator["id"])


@dataclass(frozen=True, slots=True)
class Invite:
    """Keep a one-time link. A new one for the first owner, or for the same person's password, ends those before it."""

    event_id: str
    invitation: Invitation
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        invitation = self.invitation
        yield Need(invitations, ("kind",), (invitation.kind.value,))

    def apply(self, rows: Rows) -> None:
        invitation = self.invitation
        for earlier in rows.find(invitations, kind=invitation.kind.value):
            if self._replaces(earlier):
                rows.delete(invitations, earlier["id"])
        roles = {place: role.value for place, role in invitation.roles.items()}
        row: Row = {
            "id": invitation.id,
            "fingerprint": invitation.fingerprint,
            "kind": invitation.kind.value,
            "email": invitation.email,
            "roles": json.encode(roles).decode(),
            "operator_id": invitation.operator_id,
            "created_at": invitation.created_at,
            "created_by": invitation.created_by,
            "expires_at": invitation.expires_at,
            "used_at": None,
        }
        rows.insert(invitations, row)
        record(
            rows,
            self.event_id,
            self.actor,
            "operator.invited",
            kind=invitation.kind.value,
            email=invitation.email,
            roles=roles,
        )

    def _replaces(self, earlier: Row) -> bool:
        if self.invitation.kind is InvitationKind.INVITATION or earlier["used_at"] is not None:
            return False
        return bool(earlier["operator_id"] == self.invitation.operator_id)


@dataclass(frozen=True, slots=True)
class Withdraw:
    """End a link before it is used. Raises `NotFound`."""

    event_id: str
    invitation_id: str
    actor: Actor

    def prefetch(self) -> Iterable[Need]:
        return (Need(invitations, ("id",), (self.invitation_id,)),)

    def apply(self, rows: Rows) -> None:
        row = rows.get(invitations, self.invitation_id)
        if row is None or row["used_at"] is not None:
            raise NotFound("There is no such invitation: it was used, withdrawn, or never made.")
        rows.delete(invitations, self.invitation_id)
        record(rows, self.event_id, self.actor, "operator.withdrawn", email=row["email"])


def open_invitation(rows: Rows, invitation_id: str, actor: Actor) -> Row:
    """Return a link that can be used now; raises `Refused`."""
    row = rows.get(invitations, invitation_id)
    if row is None or row["used_at"] is not None or row["expires_at"] <= actor.at:
        raise Refused("This link was used already, or its time is over: ask for another.")
    return row


def owners(rows: Rows) -> list[str]:
    """Return the ids of the owners for all tenants."""
    held = rows.find(operator_roles, tenant_id=EVERYWHERE)
    return [row["operator_id"] for row in held if row["role"] == Role.OWNER.value]


def keep_an_owner(rows: Rows, leaving: str) -> None:
    """Raise `Refused` when nobody but this one owns everything."""
    if owners(rows) == [leaving]:
        raise Refused("This is the only owner of everything: make somebody else an owner first.")


def record(rows: Rows, event_id: str, actor: Actor, action: str, **detail: object) -> None:
    """Append to the log of operators. The id is the moment and something random, so that ids sort by time."""
    row: Row = {
        "id": event_id,
        "at": actor.at,
        "actor": actor.name,
        "action": action,
        "detail": json.encode(detail).decode(),
    }
    rows.insert(operator_events, row)


def _end_ways_in(rows: Rows, operator: Row, access: Access, actor: Actor) -> None:
    """Revoke the keys and end the open invitations an operator made that let anybody do what he may not."""
    for key in rows.find(api_keys, operator_id=operator["id"]):
        if key["revoked_at"] is None and not access.covers(Role(key["role"]), key["tenant_id"]):
            rows.update(api_keys, (key["id"],), revoked_at=actor.at)
    for link in rows.find(invitations, kind=InvitationKind.INVITATION.value):
        if link["used_at"] is not None or person_behind(rows, link["created_by"]) != operator["email"]:
            continue
        given = json.decode(link["roles"].encode())
        if not all(access.covers(Role(role), place) for place, role in given.items()):
            rows.delete(invitations, link["id"])


def _present(rows: Rows, operator_id: str) -> Row:
    row = rows.get(operators, operator_id)
    if row is None:
        raise NotFound("There is no such operator.", Remedy("{operators:See who there is}."))
    return row
