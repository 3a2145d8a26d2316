"""The access token of a grant: renewed before it expires, by one call for all who need it, kept before it is used."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from syncline.clock import Clock, Milliseconds
from syncline.gateway.domain.grant import RECONNECT_NEEDED, OAuthApp, OAuthGrant, TokenPair
from syncline.gateway.domain.retry import MINUTE, FailureKind, RetryAt, decide_retry
from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.hubspot import oauth_calls
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.failures import Failure
from syncline.gateway.hubspot.failures import FailureKind as Kind
from syncline.gateway.hubspot.oauth_calls import classify_oauth, read_tokens
from syncline.gateway.hubspot.talk import Refusal
from syncline.gateway.services.ports import Cause, GrantStore, SetupStore

_log = logging.getLogger(__name__)

Send = Callable[[Call, Cause], Awaitable[Answer]]
CLOSE_SECONDS: Final = 5.0
REFUSED_WAIT: Final[Milliseconds] = 5 * MINUTE
"""How long HubSpot is left alone after it refused to renew for a reason an operator has to remove."""

NO_TOKEN: Final = frozenset(
    {
        RECONNECT_NEEDED,
        "APP_UNKNOWN",
        "BAD_CLIENT",
        "CONNECTION_CHANGED",
        "SIGN_IN_FAILING",
        "SIGN_IN_REFUSED",
        "SIGN_IN_UNREACHABLE",
        "SIGN_IN_UNREADABLE",
    }
)
"""The codes of failures to get a token: no call can work then."""

ENDED: Final = Failure(
    kind=Kind.CONNECTION,
    code=RECONNECT_NEEDED,
    sentence="Reconnect needed: HubSpot has ended the grant. Nothing is lost and nothing is sent until a super admin "
    "grants it anew.",
)
_REPLACED: Final = Failure(
    kind=Kind.RETRY,
    code="CONNECTION_CHANGED",
    sentence="The connection was changed meanwhile; the next try uses the new one.",
)


class GrantedTokens:
    """Implements `TokenSource` over one grant.

    From 80 % of the access token's life on it is renewed; while HubSpot's sign-in fails, the old token serves to its
    end and the renewal is tried again after 1 s, 2 s, … 5 min. A token that HubSpot refuses before its time is renewed
    with the next need, once it is a minute old: so the end of a grant is noticed before its last token ends. A grant
    that HubSpot has ended is not tried again, by this process or the next: only a new grant helps. A renewal goes on
    when whoever asked for it went away.
    """

    def __init__(
        self,
        tenant_id: TenantId,
        grant: OAuthGrant,
        own_app: OAuthApp | None,
        setup: SetupStore,
        grants: GrantStore,
        send: Send,
        clock: Clock,
    ) -> None:
        self._tenant_id = tenant_id
        self._grant = grant
        self._own_app = own_app
        self._setup = setup
        self._grants = grants
        self._send = send
        self._clock = clock
        self._tokens = grant.tokens
        self._unsaved: TokenPair | None = None
        self._trouble: Failure | None = ENDED if grant.ended else None
        self._failures = 0
        self._try_at: Milliseconds = 0
        self._refused: str | None = None
        self._renewing: asyncio.Task[None] | None = None

    @property
    def grant_id(self) -> str:
        """Which grant this is the token of."""
        return self._grant.grant_id

    async def token(self) -> str:
        """Return the access token, renewed when it is due; raises `Refusal` when there is none that lives."""
        if self._is_due(self._clock.now()):
            await self._renew_once()
        if not self._ended and self._tokens.is_usable(self._clock.now()):
            return self._tokens.access_token
        raise Refusal(self._trouble or _REPLACED)

    def refused(self, token: str) -> None:
        """Renew with the next need, unless the token is another one by now, or is too new for another to be better."""
        if token == self._tokens.access_token and self._clock.now() >= self._tokens.obtained_at + MINUTE:
            self._refused = token

    async def close(self) -> None:
        """Let a renewal under way come to its end, so that no rotated token is lost; one that waits is given up."""
        if self._renewing is not None and not self._renewing.done():
            await asyncio.wait({self._renewing}, timeout=CLOSE_SECONDS)
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)

    @property
    def _ended(self) -> bool:
        return self._trouble is not None and self._trouble.code == RECONNECT_NEEDED

    def _is_due(self, now: Milliseconds) -> bool:
        return not self._ended and now >= self._try_at and not self._is_good(self._tokens, now)

    def _is_good(self, tokens: TokenPair, now: Milliseconds) -> bool:
        return tokens.access_token != self._refused and now < tokens.renew_at

    async def _renew_once(self) -> None:
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew())
        await asyncio.shield(self._renewing)

    async def _renew(self) -> None:
        """Get new tokens and keep them; afterwards they are current, or `_trouble` says why not."""
        if self._unsaved is None:
            kept = await self._kept()
            if kept is None or self._is_renewed(kept):
                return
            self._unsaved = await self._ask_for_tokens(kept.tokens)
            if self._unsaved is None:
                return
        # From here on HubSpot may know only the new refresh token. Should keeping it fail, it stays in memory and is
        # kept at the next need: asking again with the old one could end the grant.
        if not await self._grants.keep_tokens(self._tenant_id, self.grant_id, self._unsaved):
            self._replaced()
            return
        self._tokens, self._unsaved = self._unsaved, None
        self._trouble, self._failures, self._try_at = None, 0, 0

    async def _kept(self) -> OAuthGrant | None:
        """Return the grant as it is kept now; None when it is no longer the tenant's, or has ended."""
        connection = await self._setup.connection(self._tenant_id)
        credential = None if connection is None else connection.credential
        if not isinstance(credential, OAuthGrant) or credential.grant_id != self.grant_id:
            self._replaced()
            return None
        if credential.ended:
            self._trouble = ENDED
            return None
        return credential

    def _is_renewed(self, kept: OAuthGrant) -> bool:
        """Take over what another process renewed; tell whether it did."""
        self._tokens = kept.tokens
        return self._is_good(kept.tokens, self._clock.now())

    async def _ask_for_tokens(self, tokens: TokenPair) -> TokenPair | None:
        app = self._grant.app(self._own_app)
        if app is None:
            self._wait(_app_unknown(self._grant.client_id))
            return None
        cause = Cause.new(self._clock.now())
        call = oauth_calls.renew(app, tokens.refresh_token)
        answer = await self._send(call, cause)
        new = read_tokens(answer.body, cause.at, tokens.refresh_token) if answer.succeeded else None
        if new is not None:
            return new.tokens
        failure = classify_oauth(call, answer)
        _log.warning("renewing a HubSpot access token failed: %s %s", failure.code, failure.status)
        self._wait(failure)
        if failure.code == RECONNECT_NEEDED:
            await self._grants.end(self._tenant_id, self.grant_id, failure.code, failure.sentence, cause)
        return None

    def _wait(self, failure: Failure) -> None:
        """Note why there are no new tokens and when to ask again."""
        self._failures += 1
        now = self._clock.now()
        self._try_at = now + REFUSED_WAIT
        if failure.kind is not Kind.CONNECTION:
            asked = None if failure.retry_at_hint is None else failure.retry_at_hint - now
            choice = decide_retry(
                FailureKind.RATE_LIMITED, self._failures, now, retry_after=asked, seed=self._tenant_id
            )
            self._try_at = choice.at if isinstance(choice, RetryAt) else self._try_at
        # Whatever the reason, without a token nobody's delivery can work: trouble of the connection, not of a person.
        self._trouble = Failure(
            kind=Kind.CONNECTION,
            code=failure.code,
            sentence=failure.sentence,
            retry_at_hint=self._try_at,
            status=failure.status,
            correlation_id=failure.correlation_id,
        )

    def _replaced(self) -> None:
        self._unsaved = None
        self._trouble = _REPLACED
        self._tokens = TokenPair(access_token="", refresh_token="", obtained_at=0, expires_at=0)


def _app_unknown(client_id: str) -> Failure:
    return Failure(
        kind=Kind.CONNECTION,
        code="APP_UNKNOWN",
        sentence=f"The grant belongs to the app {client_id}, whose secret this server does not know.",
    )
