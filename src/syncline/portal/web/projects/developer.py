"""Who works on projects: a personal access key, traded for a token of half an hour."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from syncline.portal.credentials import new_credential
from syncline.portal.domain.errors import Forbidden, InvalidAuthentication, ValidationError
from syncline.portal.domain.oauth import ACCESS_LIFE
from syncline.portal.domain.scopes import DEFAULT_SCOPES, DEVELOPER
from syncline.portal.domain.tokens import TokenKind
from syncline.portal.store.commands.accounts import NewToken
from syncline.portal.store.commands.developers import IssueDeveloperToken
from syncline.portal.web.answer import Answer
from syncline.portal.web.authentication import lookup
from syncline.portal.web.call import Call, Handler, Surroundings
from syncline.portal.web.endpoint import Operation
from syncline.portal.web.oauth.endpoint import OpenCall, OpenEndpoint

_SCOPES = (*DEFAULT_SCOPES, DEVELOPER)
_LONGEST_KEY = 512


async def refresh(call: OpenCall) -> Answer:
    """Give a token for a personal access key; `InvalidAuthentication` for any other text."""
    key = call.given("encodedOAuthRefreshToken") or ""
    found = await lookup(call.store, key) if len(key) <= _LONGEST_KEY else None
    if found is None or found[0].kind is not TokenKind.PERSONAL:
        raise InvalidAuthentication(
            "The personal access key is not one of this portal, or it was revoked. "
            "Get the account's with: syncline portal env ACCOUNT"
        )
    grant, account = found
    token, expires_at = new_credential(TokenKind.DEVELOPER), call.now + ACCESS_LIFE
    await call.store.writer.submit(
        IssueDeveloperToken(
            portal_id=grant.portal_id,
            token=NewToken(TokenKind.DEVELOPER, token, _SCOPES),
            user_id=grant.user_id,
            now=call.now,
            expires_at=expires_at,
        )
    )
    return Answer(
        200,
        {
            "hubId": grant.portal_id,
            "userId": grant.user_id,
            "hubName": account.name,
            "accountType": account.account_type,
            "oauthAccessToken": token,
            "expiresAtMillis": expires_at,
            "encodedOAuthRefreshToken": key,
            "scopeGroups": sorted(_SCOPES),
            "enabledFeatures": {},
        },
    )


async def note_usage(_request: Request) -> Response:
    """Take what the command line tells of its use, and keep nothing of it."""
    return Response(status_code=204)


async def enabled_features(_call: Call) -> Answer:
    """Answer that no feature is switched on for this account alone."""
    return Answer(200, {"enabledFeatures": {}})


async def alarms(_call: Call) -> Answer:
    """Answer that there is nothing to warn of."""
    return Answer(200, [])


def developers(handler: Handler) -> Operation:
    """Return the operation for people who work on projects of the account the call names."""

    async def checked(call: Call) -> Answer:
        named = call.query("portalId")
        if named is not None and named != str(call.portal_id):
            raise Forbidden(f"The access token is for the account {call.portal_id}, not for {named[:20]}.")
        return await handler(call)

    return Operation(checked, (DEVELOPER,))


def number(call: Call, name: str) -> int:
    """Return a number in the address; `ValidationError`."""
    text: str = call.request.path_params[name]
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise ValidationError(f"{text[:50]!r} in the address is no number.")
    return int(text)


ROUTES = {
    "/localdevauth/v1/auth/enabled-features": {"GET": developers(enabled_features)},
    "/firealarm/v4/alarm/hubspot-cli/{portal_id}": {"GET": developers(alarms)},
}
"""The addresses, each whole."""


def open_routes(around: Surroundings) -> list[BaseRoute]:
    """Return the addresses that no bearer token opens."""
    return [
        Route("/localdevauth/v1/auth/refresh", OpenEndpoint({"POST": refresh}, around)),
        Route("/local/dev/tools/proxy/v1/usage", note_usage, methods=["POST"]),
    ]
