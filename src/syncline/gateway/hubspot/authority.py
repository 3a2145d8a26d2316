"""HubSpot as the one who grants: a code becomes a grant, and a grant is ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.authorization import Authorization
from syncline.gateway.domain.grant import OAuthApp, OAuthGrant
from syncline.gateway.hubspot import oauth_calls
from syncline.gateway.hubspot.addresses import APP_HOST, HUBSPOT_HOSTS
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.failures import Failure, FailureKind
from syncline.gateway.hubspot.line import Line
from syncline.gateway.hubspot.link import HubSpotLinks
from syncline.gateway.hubspot.oauth_calls import (
    Introspection,
    NewTokens,
    classify_oauth,
    read_introspection,
    read_tokens,
)
from syncline.gateway.hubspot.talk import Refusal
from syncline.gateway.services.ports import Cause, Connection, Failed, Granted, Trouble

T = TypeVar("T")

TRIES = 3
WAIT: Milliseconds = 1_000
"""Somebody sits before the browser: a fault is tried again twice, a second apart, and then told."""


class HubSpotAuthority:
    """Implements `services.ports.Authority`. Every call goes through the tenant's budget and log."""

    def __init__(
        self,
        links: HubSpotLinks,
        clock: Clock,
        *,
        app: OAuthApp | None,
        authorize_url: str,
        check_authorize_url: Callable[[str], str],
    ) -> None:
        self._links = links
        self._clock = clock
        self.app = app
        self._authorize_url = authorize_url
        self._check_authorize_url = check_authorize_url

    def authorize_url_for(self, base_url: str) -> str:
        """Return where people sign in who belong to an API at that address.

        That is the setting; but people of a stand-in for HubSpot sign in at the stand-in, not at HubSpot.
        """
        at_hubspot = APP_HOST.fullmatch(urlsplit(self._authorize_url).hostname or "")
        if at_hubspot and urlsplit(base_url).hostname not in HUBSPOT_HOSTS:
            return base_url
        return self._authorize_url

    def check_authorize_url(self, url: str) -> str:
        """Return the address in the form it is used; raises `Invalid` where nobody must be sent to sign in."""
        return self._check_authorize_url(url)

    async def exchange(
        self, authorization: Authorization, app: OAuthApp, code: str, cause: Cause
    ) -> Granted | Failed:
        """Turn a code into a grant and ask who made it. Nothing is kept."""
        line = await self._links.sign_in(authorization.tenant_id, authorization.base_url)
        asked_at = self._clock.now()
        try:
            new = await self._ask(
                line,
                oauth_calls.exchange(app, code, authorization.code_verifier, authorization.redirect_uri),
                lambda body: read_tokens(body, asked_at),
                cause,
            )
            told = await self._ask(
                line, oauth_calls.introspect(app, new.tokens.access_token), read_introspection, cause
            )
            return Granted(portal_id=_account(new, told), grant=_grant(authorization, new, told))
        except Refusal as refusal:
            return _failed(refusal.failure)

    async def revoke(self, connection: Connection, grant: OAuthGrant, cause: Cause) -> Failed | None:
        """End a grant at HubSpot; returns why it could not be. A grant that is ended already is ended."""
        app = grant.app(self.app)
        if app is None:
            return _failed(_APP_GONE)
        line = await self._links.sign_in(connection.tenant_id, connection.base_url)
        call = oauth_calls.revoke(app, grant.tokens.refresh_token)
        try:
            await self._ask(line, call, lambda _body: True, cause)
        except Refusal as refusal:
            return _failed(refusal.failure)
        return None

    async def _ask(self, line: Line, call: Call, read: Callable[[object], T | None], cause: Cause) -> T:
        """Put a call, again after a fault that may pass; raises `Refusal` with what remains."""
        for tries_left in reversed(range(TRIES)):
            answer = await line.send(call, cause)
            found = read(answer.body) if answer.succeeded else None
            if found is not None:
                return found
            failure = classify_oauth(call, answer)
            if failure.kind is not FailureKind.RETRY or not tries_left or _is_spent(call, answer):
                break
            await self._clock.sleep(WAIT)
        raise Refusal(failure)


def _is_spent(call: Call, answer: Answer) -> bool:
    """Tell whether a code may have been used up although no tokens came back; it works only once."""
    return call.purpose == oauth_calls.EXCHANGE and (
        answer.succeeded or (answer.status is None and answer.sent)
    )


def _account(new: NewTokens, told: Introspection) -> int:
    if new.portal_id is not None and new.portal_id != told.portal_id:
        raise Refusal(_TWO_ACCOUNTS)
    return told.portal_id


def _grant(authorization: Authorization, new: NewTokens, told: Introspection) -> OAuthGrant:
    return OAuthGrant(
        grant_id=authorization.id,
        client_id=authorization.client_id,
        client_secret=authorization.client_secret,
        tokens=new.tokens,
        scopes=told.scopes,
        holder=told.holder,
        holder_id=told.holder_id,
    )


def _failed(failure: Failure) -> Failed:
    return Failed(
        trouble=Trouble.CONNECTION,
        retry_as=failure.retry_as,
        code=failure.code,
        sentence=failure.sentence.replace(" It is tried again by itself.", ""),
    )


_TWO_ACCOUNTS = Failure(
    kind=FailureKind.CONNECTION,
    code="ACCOUNT_UNCLEAR",
    sentence="HubSpot named two different accounts for one grant. Nothing was kept.",
)
_APP_GONE = Failure(
    kind=FailureKind.CONNECTION,
    code="APP_UNKNOWN",
    sentence="This server does not know the secret of the app the grant belongs to.",
)
