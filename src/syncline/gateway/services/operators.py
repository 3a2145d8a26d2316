"""Operators as the command line and the console manage them: list, invite, give roles, remove."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.credentials import LINK, RANDOM_BYTES, mint
from syncline.gateway.domain.errors import Conflict, NotFound, Refused
from syncline.gateway.domain.operators import EVERYWHERE, Access, Operator, Role, check_email, read_role
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.sessions import (
    INVITATION_LIFE,
    OWNER_LINK_LIFE,
    Invitation,
    InvitationKind,
)
from syncline.gateway.services.credentials import TokenFingerprint
from syncline.gateway.services.paging import refuse_page
from syncline.gateway.services.ports import Actor, OperatorStore
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants

MOST = 500


class Operators:
    """The `operator.*` operations. A tenant is named by name or id; none means all tenants."""

    def __init__(
        self,
        store: OperatorStore,
        tenants: Tenants,
        fingerprint: TokenFingerprint,
        clock: Clock,
        address: Callable[[], str],
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._fingerprint = fingerprint
        self._clock = clock
        self._address = address

    async def list(
        self, actor: str, limit: int = 50, after: str | None = None, tenant: str | None = None
    ) -> dict[str, Any]:
        """Return operators by e-mail with what they are where, and the invitations that are open.

        With a tenant, nothing else is told than who has a role for it alone: pages may be shorter than `limit`.
        """
        refuse_page(limit, MOST)
        place = await self._place(tenant)
        found = await self._store.operators(after=after or "", limit=limit)
        names = await self._tenant_names(found)
        open_ones = await self._store.invitations(self._clock.now())
        if place != EVERYWHERE:
            here = [each for each in found if place in each.access.roles]
            shown = [replace(each, access=Access({place: each.access.roles[place]})) for each in here]
            open_ones = [each for each in open_ones if each.roles.keys() == {place}]
        else:
            shown = found
        return {
            "operators": [_shown(operator, names) for operator in shown],
            "invitations": [_invitation_shown(each) for each in open_ones],
            "next": found[-1].email if len(found) == limit else None,
        }

    async def invite(
        self, actor: str, email: str, role: str = "viewer", tenant: str | None = None
    ) -> dict[str, Any]:
        """Make a one-time link for somebody, for seven days; the answer is the only place it is shown."""
        email = check_email(email)
        place = await self._place(tenant)
        if await self._store.operator_by_email(email) is not None:
            raise Conflict(f"{email} is an operator already.", Remedy("{give_role:Give him the role}."))
        roles = {place: read_role(role)}
        return await self._link(InvitationKind.INVITATION, INVITATION_LIFE, actor, email=email, roles=roles)

    async def link(self, actor: str, email: str | None = None) -> dict[str, Any]:
        """Make the one-time link by which the first owner comes in, or, for an operator, one for a new password.

        Raises `Refused` once there is an owner and no e-mail is given: others are invited.
        """
        if email is not None:
            operator = await self._find(email)
            return await self._link(
                InvitationKind.NEW_PASSWORD,
                OWNER_LINK_LIFE,
                actor,
                email=operator.email,
                operator_id=operator.id,
            )
        if await self._store.has_owner():
            raise Refused(
                "There is an owner already. Others come by `operator invite EMAIL`; who lost his password gets "
                "a link by `operator link EMAIL`."
            )
        everything = {EVERYWHERE: Role.OWNER}
        return await self._link(InvitationKind.FIRST_OWNER, OWNER_LINK_LIFE, actor, roles=everything)

    async def role(
        self, actor: str, operator: str, role: str | None = None, tenant: str | None = None
    ) -> dict[str, Any]:
        """Give an operator a role for a tenant, or for all; without a role it is taken from him."""
        found = await self._find(operator)
        place = await self._place(tenant)
        wanted = None if role is None else read_role(role)
        after = await self._store.give_role(found.id, place, wanted, Actor(actor, self._clock.now()))
        return _shown(after, await self._tenant_names([after]))

    async def remove(self, actor: str, operator: str) -> dict[str, Any]:
        """End an operator: roles, sessions, the API keys and invitations he made end at once. The last owner stays."""
        found = await self._find(operator)
        await self._store.remove_operator(found.id, Actor(actor, self._clock.now()))
        return {"email": found.email, "removed": True}

    async def withdraw(self, actor: str, invitation: str, tenant: str | None = None) -> dict[str, Any]:
        """End an invitation before it is used; with a tenant, only one to that tenant alone. Raises `NotFound`."""
        place = await self._place(tenant)
        kept = await self._store.invitation(invitation)
        if place != EVERYWHERE and (kept is None or kept.roles.keys() != {place}):
            raise NotFound("There is no such invitation: it was used, withdrawn, or never made.")
        await self._store.withdraw(invitation, Actor(actor, self._clock.now()))
        return {"invitation": invitation, "withdrawn": True}

    async def _link(
        self,
        kind: InvitationKind,
        life: Milliseconds,
        actor: str,
        *,
        email: str | None = None,
        roles: Mapping[str, Role] | None = None,
        operator_id: str | None = None,
    ) -> dict[str, Any]:
        minted = mint(secrets.token_bytes(RANDOM_BYTES), LINK)
        now = self._clock.now()
        invitation = Invitation(
            id=minted.id,
            fingerprint=self._fingerprint(minted.text),
            kind=kind,
            email=email,
            roles=roles or {},
            operator_id=operator_id,
            created_at=now,
            created_by=actor,
            expires_at=now + life,
        )
        await self._store.invite(invitation, Actor(actor, now))
        return {
            "link": f"{self._address()}/link/{minted.text}",
            "invitation": invitation.id,
            "email": email,
            "expires_at": moment(invitation.expires_at),
        }

    async def _place(self, tenant: str | None) -> str:
        return EVERYWHERE if tenant in (None, EVERYWHERE) else (await self._tenants.find(tenant or "")).id

    async def _find(self, operator: str) -> Operator:
        found = await self._store.operator_by_email(operator) or await self._store.operator(operator)
        if found is None:
            raise NotFound(f"There is no operator {operator!r}.", Remedy("{operators:See who there is}."))
        return found

    async def _tenant_names(self, found: Sequence[Operator]) -> Mapping[str, str]:
        if all(operator.access.roles.keys() <= {EVERYWHERE} for operator in found):
            return {}
        return await self._tenants.names()


def _shown(operator: Operator, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": operator.id,
        "email": operator.email,
        "name": operator.name,
        "roles": [
            {
                "tenant_id": None if place == EVERYWHERE else place,
                "tenant": None if place == EVERYWHERE else names.get(place, place),
                "role": role.value,
            }
            for place, role in sorted(operator.access.roles.items())
        ],
        "created_at": moment(operator.created_at),
        "created_by": operator.created_by,
        "last_signed_in_at": moment(operator.last_signed_in_at),
    }


def _invitation_shown(invitation: Invitation) -> dict[str, Any]:
    return {
        "invitation": invitation.id,
        "kind": invitation.kind.value,
        "email": invitation.email,
        "created_by": invitation.created_by,
        "expires_at": moment(invitation.expires_at),
        "roles": [
            {"tenant_id": None if place == EVERYWHERE else place, "role": role.value}
            for place, role in invitation.roles.items()
        ],
    }
