"""Connecting a tenant by OAuth: asking a super admin at HubSpot, taking in the answer, and ending the grant."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.authorization import (
    LIFE,
    STATE_BYTES,
    Authorization,
    AuthorizationState,
    Reply,
    authorize_address,
)
from syncline.gateway.domain.errors import Conflict, DomainError, Invalid, NotFound, Refused, Unavailable
from syncline.gateway.domain.grant import OAuthApp, OAuthGrant
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.scopes import CHOICES, Asked, asked_scopes, missing_scopes
from syncline.gateway.services.connections import Connections, account_sentence
from syncline.gateway.services.ending import end_credential
from syncline.gateway.services.ports import (
    Actor,
    Authority,
    Cause,
    Connection,
    Failed,
    Granted,
    Links,
    Store,
    Tenant,
    Wake,
)
from syncline.gateway.services.showing import moment
from syncline.gateway.services.tenants import Tenants

HUBSPOT = "https://api.hubapi.com"


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer, for the person before the browser. `tenant` is None when nothing is to be told."""

    connected: bool
    tenant: str | None
    sentences: tuple[str, ...]
    tenant_id: str | None = None


NOT_OURS = Answered(
    False,
    None,
    (
        "This answer belongs to no request that is open. A request can be answered once, within fifteen minutes, and "
        "only the latest of a tenant counts.",
        "Run connection authorize once more and open the address it prints.",
    ),
)
"""The same for whatever is not an answer to an open request, so that nobody learns what exists."""


class Authorizing:
    """`connection.authorize`, `.authorization` and `.revoke`, and the other end of the callback address."""

    def __init__(
        self,
        store: Store,
        tenants: Tenants,
        connections: Connections,
        links: Links,
        authority: Authority,
        clock: Clock,
        redirect_uri: Callable[[], str],
        wake: Wake,
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._connections = connections
        self._links = links
        self._authority = authority
        self._clock = clock
        self._redirect_uri = redirect_uri
        self._wake = wake

    async def authorize(
        self,
        actor: str,
        tenant: str,
        client_id: str | None = None,
        client_secret: str | None = None,
        base_url: str | None = None,
        authorize_url: str | None = None,
        features: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Begin to ask for a grant: returns the address a super admin opens, good for fifteen minutes and one answer.

        What is left out comes from the tenant's present connection, then from the settings. An earlier asking of the
        tenant ends. Raises `Refused` when there is no app to ask for, `Invalid` for an address that is not allowed.
        """
        found = await self._tenants.find(tenant)
        _check_features(features)
        connection = await self._store.setup.connection(found.id)
        base_url = self._links.check_address(base_url or (connection.base_url if connection else HUBSPOT))
        sign_in = self._authority.check_authorize_url(
            authorize_url or self._authority.authorize_url_for(base_url)
        )
        app, own = self._app(client_id, client_secret, connection)
        asked = await self._asked(found, features)
        state, verifier = secrets.token_urlsafe(STATE_BYTES), secrets.token_urlsafe(STATE_BYTES)
        now = self._clock.now()
        authorization = Authorization(
            id=uuid.uuid4().hex,
            tenant_id=found.id,
            base_url=base_url,
            redirect_uri=self._redirect_uri(),
            client_id=app.client_id,
            client_secret=app.client_secret if own else None,
            code_verifier=verifier,
            begun_at=now,
            begun_by=actor,
            expires_at=now + LIFE,
        )
        await self._store.grants.begin(authorization, state, Actor(actor, now))
        known = connection.portal_id if connection and connection.base_url == base_url else None
        url = authorize_address(
            sign_in,
            portal_id=known,
            client_id=app.client_id,
            redirect_uri=authorization.redirect_uri,
            required=asked.required,
            optional=asked.optional,
            state=state,
            code_verifier=verifier,
        )
        return {
            "authorization_id": authorization.id,
            "url": url,
            "redirect_uri": authorization.redirect_uri,
            "scopes": list(asked.required),
            "optional_scopes": list(asked.optional),
            "expires_at": moment(authorization.expires_at),
        }

    async def authorization(self, actor: str, tenant: str, authorization_id: str) -> dict[str, Any]:
        """Return how far an asking has got: waiting, connected, failed, expired or replaced, and why."""
        found = await self._tenants.find(tenant)
        last = await self._store.grants.authorization(found.id)
        if last is None:
            raise NotFound(
                f"{found.name} has no request to HubSpot.", Remedy("{grant:Begin one}.", found.name)
            )
        state = AuthorizationState.REPLACED
        if last.id == authorization_id:
            state = last.state_at(self._clock.now())
        sentence = last.sentence if last.id == authorization_id else ""
        return {"state": state.value, "sentence": sentence or _SAID[state]}

    async def revoke(self, actor: str, tenant: str) -> dict[str, Any]:
        """End the tenant's grant at HubSpot and forget its credentials, whatever HubSpot says to the first.

        The tenant goes back to collecting, its plan no longer approved. A static token cannot be ended from here.
        """
        found = await self._tenants.find(tenant)
        connection = await self._store.setup.connection(found.id)
        if connection is None:
            raise NotFound(f"{found.name} is not connected to HubSpot.")
        revoked, sentence = await end_credential(self._authority, connection, self._clock)
        detail = {"portal_id": connection.portal_id, "revoked_at_hubspot": revoked}
        await self._store.grants.disconnect(found.id, Actor(actor, self._clock.now()), detail)
        return {"tenant": found.name, "revoked_at_hubspot": revoked, "message": sentence}

    async def answer(self, reply: Reply | None) -> Answered:
        """Take in what came back from HubSpot; only whoever has an open request's state changes or learns anything."""
        if reply is None:
            return NOT_OURS
        authorization = await self._store.grants.claim(reply.state, self._clock.now())
        tenant = None if authorization is None else await self._store.setup.tenant(authorization.tenant_id)
        if authorization is None or tenant is None:
            return NOT_OURS
        outcome = AuthorizationState.FAILED
        sentences: tuple[str, ...] = ("Something went wrong inside the server; its log says what.",)
        try:
            sentences = await self._conclude(tenant, authorization, reply)
            outcome = AuthorizationState.CONNECTED
        except DomainError as error:
            sentences = (error.cause,)
        finally:
            await self._store.grants.settle(
                authorization.tenant_id, authorization.id, outcome, " ".join(sentences)
            )
        return Answered(outcome is AuthorizationState.CONNECTED, tenant.name, sentences, tenant.id)

    async def _conclude(self, tenant: Tenant, authorization: Authorization, reply: Reply) -> tuple[str, ...]:
        """Turn the answer into a connection, read the account; returns what to say."""
        if reply.code is None:
            raise Refused(_REFUSALS.get(reply.error or "", _REFUSED_OTHERWISE))
        app = self._app_of(authorization)
        cause = Cause.new(self._clock.now())
        granted = await self._authority.exchange(authorization, app, reply.code, cause)
        if isinstance(granted, Failed):
            raise Unavailable(f"{granted.sentence} Nothing was saved.")
        await self._save(authorization, granted)
        self._wake(tenant.id)
        sentences = [_granted_by(granted)]
        try:
            reading = await self._connections.read(tenant)
            if reading.account is not None:
                sentences.append(account_sentence(tenant.name, reading.account, reading.users))
        except Unavailable as error:
            sentences.append(f"The account could not be read yet: {error.cause}")
        setup = await self._store.backlog.setup(tenant.id, self._clock.now())
        if setup is not None:
            sentences += [each.sentence for each in missing_scopes(granted.grant.scopes, setup)]
        return tuple(sentences)

    async def _save(self, authorization: Authorization, granted: Granted) -> None:
        """Keep the grant before anything is done with it; raises `Conflict` for an account not this tenant's."""
        tenant_id = authorization.tenant_id
        before = await self._store.setup.connection(tenant_id)
        same_place = before is not None and before.base_url == authorization.base_url
        if before is not None and same_place and before.portal_id not in (None, granted.portal_id):
            raise Conflict(
                f"The tenant is connected to HubSpot account {before.portal_id}, and this grant is for account "
                f"{granted.portal_id}. Nothing was saved: a "
                "tenant stays with its account until it is disconnected."
            )
        kept = before if same_place else None
        connection = Connection(
            tenant_id=tenant_id,
            portal_id=granted.portal_id,
            base_url=authorization.base_url,
            credential=granted.grant,
            scim_base_url=kept.scim_base_url if kept else None,
            scim_token=kept.scim_token if kept else None,
            account=kept.account if kept else None,
            account_read_at=kept.account_read_at if kept else None,
            trouble=None,
            trouble_detail=None,
        )
        await self._store.setup.set_connection(connection, Actor(authorization.begun_by, self._clock.now()))

    async def _asked(self, tenant: Tenant, features: Sequence[str]) -> Asked:
        setup = await self._store.backlog.setup(tenant.id, self._clock.now())
        if setup is None:
            raise NotFound(f"There is no tenant {tenant.name!r}.")
        return asked_scopes(setup, features)

    def _app(
        self, client_id: str | None, client_secret: str | None, connection: Connection | None
    ) -> tuple[OAuthApp, bool]:
        """Return the app to ask for, and whether it is the tenant's own."""
        if (client_id is None) != (client_secret is None):
            raise Invalid("An app of the tenant's own needs both its client id and its client secret.")
        if client_id is not None and client_secret is not None:
            return OAuthApp(client_id, client_secret), True
        held = connection.credential if connection else None
        if isinstance(held, OAuthGrant) and held.client_secret is not None:
            return OAuthApp(held.client_id, held.client_secret), True
        if self._authority.app is None:
            raise Refused(
                "This server has no app at HubSpot to ask for: set SYNCLINE_HUBSPOT_CLIENT_ID and "
                "SYNCLINE_HUBSPOT_CLIENT_SECRET and start it anew, or give --client-id and --client-secret."
            )
        return self._authority.app, False

    def _app_of(self, authorization: Authorization) -> OAuthApp:
        if authorization.client_secret is not None:
            return OAuthApp(authorization.client_id, authorization.client_secret)
        own = self._authority.app
        if own is None or own.client_id != authorization.client_id:
            raise Refused(
                "This server was started anew with another app at HubSpot.",
                Remedy("{grant:Ask HubSpot} once more."),
            )
        return own


def _check_features(features: Sequence[str]) -> None:
    unknown = [each for each in features if each not in CHOICES]
    if unknown:
        raise Invalid(f"{', '.join(unknown)} cannot be asked for: there are {', '.join(CHOICES)}.")


def _granted_by(granted: Granted) -> str:
    holder = granted.grant.holder
    if holder is None:
        return (
            f"HubSpot account {granted.portal_id} is connected. HubSpot did not say who granted it: protect that "
            "person, because the connection ends with his access."
        )
    return (
        f"HubSpot account {granted.portal_id} is connected. {holder} granted it and is protected from now on: "
        "the connection ends with that person's access."
    )


_SAID: Mapping[AuthorizationState, str] = {
    AuthorizationState.WAITING: "Nobody has answered at HubSpot yet.",
    AuthorizationState.CONNECTED: "The account is connected.",
    AuthorizationState.FAILED: "The request failed.",
    AuthorizationState.EXPIRED: "Nobody answered in time. Ask HubSpot once more.",
    AuthorizationState.REPLACED: "A later request has taken the place of this one.",
}
_REFUSALS: Mapping[str, str] = {
    "access_denied": "The grant was refused at HubSpot. Nothing was saved.",
    "invalid_scope": "HubSpot says that the app does not declare the scopes asked for: add them to the app, as "
    "docs/reference/scopes.md lists them. Nothing was saved.",
    "temporarily_unavailable": "HubSpot could not ask just now. Ask it once more.",
    "server_error": "HubSpot failed. Ask it once more. Nothing was saved.",
}
_REFUSED_OTHERWISE = "HubSpot sent back an error instead of a grant. Nothing was saved."
