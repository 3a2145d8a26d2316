"""`/oauth/authorize` and `/oauth/{hubId}/authorize`: a super admin reads what an app asks for, and decides.

Every request is checked against the registered app anew before anything is shown. Nobody is ever sent to an
address that is not exactly one of the app's; whatever else is wrong ends on a page here.
"""

from __future__ import annotations

import secrets
from urllib.parse import quote, urlsplit

from starlette.responses import RedirectResponse, Response

from syncline.portal.domain.account import Account
from syncline.portal.domain.oauth import AuthorizationRequest, CannotAuthorize, authorization_request
from syncline.portal.domain.scopes import IN_WORDS
from syncline.portal.domain.tokens import TokenKind, mint
from syncline.portal.pages.visit import Visit
from syncline.portal.store import oauth_reads
from syncline.portal.store.commands.installs import Consent
from syncline.portal.web.paging import number
from syncline.webkit.policy import content_security_policy

_NOT_ADMIN = "You need to be an active super admin of the account to connect an app."


async def ask_consent(visit: Visit) -> Response:
    """Show what the app asks for, to somebody who is signed in."""
    try:
        wanted = await _wanted(visit)
    except CannotAuthorize as refused:
        return _cannot(visit, 400, str(refused))
    if visit.session.user_id is None:
        return visit.go(f"/sign-in?next={quote(_here(visit))}")
    accounts = _accounts(visit)
    if not accounts:
        return _cannot(visit, 403, _NOT_ADMIN)
    page = visit.show(
        "consent",
        app=wanted.app,
        accounts=accounts,
        host=urlsplit(wanted.redirect_uri).netloc,
        wishes=[(scope, IN_WORDS[scope]) for scope in wanted.scopes],
        here=_here(visit),
    )
    # A browser applies form-action to the redirect that answers a form, so the app's own origin must be in it.
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(wanted.redirect_uri))
    page.headers["content-security-policy"] = content_security_policy((origin,))
    return page


async def decide(visit: Visit) -> Response:
    """Send the browser back to the app with a code, or with the refusal."""
    try:
        wanted = await _wanted(visit)
    except CannotAuthorize as refused:
        return _cannot(visit, 400, str(refused))
    match visit.form.one("action"):
        case "deny":
            said = {"error": "access_denied", "error_description": "The user cancelled the authorization."}
            return RedirectResponse(wanted.redirect(**said), 303)
        case "approve":
            return await _approve(visit, wanted)
    return _cannot(visit, 400, "The form has no such button.")


async def _approve(visit: Visit, wanted: AuthorizationRequest) -> Response:
    portal_id, user_id = number(visit.form.one("portal_id")), visit.session.user_id
    allowed = {account.portal_id for account in _accounts(visit)}
    if portal_id is None or portal_id not in allowed or user_id is None:
        return _cannot(visit, 403, _NOT_ADMIN)
    code = mint(TokenKind.CODE, secrets.token_bytes(32))
    await visit.store.writer.submit(
        Consent(portal_id=portal_id, user_id=user_id, request=wanted, code=code, now=visit.now)
    )
    return RedirectResponse(wanted.redirect(code=code), 303)


async def _wanted(visit: Visit) -> AuthorizationRequest:
    """Return what the link asks for; `CannotAuthorize` unless it fits the app it names."""
    query = visit.request.query_params
    if len(query) != len(query.multi_items()):
        raise CannotAuthorize("The link says something twice.")
    client_id = query.get("client_id", "")
    app = await visit.store.reader.point(lambda connection: oauth_reads.app(connection, client_id))
    if app is None:
        raise CannotAuthorize("The link's client_id is not that of an app at this portal.")
    return authorization_request(
        app,
        redirect_uri=query.get("redirect_uri"),
        scope=query.get("scope"),
        optional_scope=query.get("optional_scope"),
        state=query.get("state"),
        challenge=query.get("code_challenge"),
        challenge_method=query.get("code_challenge_method"),
    )


def _accounts(visit: Visit) -> list[Account]:
    """Return the accounts this person may install in; only the one the address pins, if it does."""
    pinned: str | None = visit.request.path_params.get("hub_id")
    return [one for one in visit.accounts if pinned is None or str(one.portal_id) == pinned]


def _here(visit: Visit) -> str:
    """Return where this request went, without host: built of its own path and query and of nothing sent."""
    return f"{visit.request.url.path}?{visit.request.url.query}"


def _cannot(visit: Visit, status: int, sentence: str) -> Response:
    return visit.show("not-connected", status=status, sentence=sentence, here=_here(visit))
