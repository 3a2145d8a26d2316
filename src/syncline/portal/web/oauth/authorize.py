"""`/oauth/authorize` and `/oauth/{hubId}/authorize`: a super admin signs in, reads what is asked, decides.

Every request is checked against the registered app anew before anything is shown. Nobody is ever sent to an
address that is not exactly one of the app's; whatever else is wrong ends on a page here.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from syncline.portal.domain.account import Account
from syncline.portal.domain.errors import HubSpotError
from syncline.portal.domain.oauth import (
    AuthorizationRequest,
    CannotAuthorize,
    OAuthError,
    authorization_request,
)
from syncline.portal.domain.tokens import TokenKind, mint
from syncline.portal.store import oauth_reads
from syncline.portal.store.commands.installs import Consent
from syncline.portal.web.call import Surroundings
from syncline.portal.web.oauth import pages
from syncline.portal.web.oauth.door import Door, NotAdmitted
from syncline.portal.web.oauth.endpoint import read_fields
from syncline.portal.web.oauth.sessions import Session, Sessions
from syncline.portal.web.paging import number
from syncline.sql.errors import StoreBusy, StoreUnavailable

COOKIE = "portal_session"
_log = logging.getLogger(__name__)
_NOT_ADMIN = "You need to be an active super admin of the account to connect an app."


class AuthorizePage:
    """The page, as an ASGI application."""

    def __init__(self, around: Surroundings, door: Door) -> None:
        self._around = around
        self._sessions = Sessions()
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            visit = _Visit(self._around, self._sessions, self._door, request, send)
            await visit.answer()
        except CannotAuthorize as error:
            await pages.send_page(send, 400, pages.cannot(str(error)))
        except (OAuthError, HubSpotError) as error:
            await pages.send_page(send, 400, pages.cannot(f"The form could not be read: {error}."))
        except (StoreBusy, StoreUnavailable):
            await pages.send_page(
                send, 503, pages.cannot("The portal can't reach its database. Try again shortly.")
            )


class _Visit:
    """One request for the page."""

    def __init__(
        self, around: Surroundings, sessions: Sessions, door: Door, request: Request, send: Send
    ) -> None:
        self._around = around
        self._sessions = sessions
        self._door = door
        self._request = request
        self._send = send
        self._now = around.clock.now()
        self._session = sessions.find(_cookie(request), self._now)

    async def answer(self) -> None:
        if self._request.method not in ("GET", "HEAD", "POST"):
            await pages.send_page(
                self._send,
                405,
                pages.cannot("This page is opened with a link."),
                headers=[("allow", "GET, POST")],
            )
            return
        wanted = await self._wanted()
        if self._request.method == "POST":
            await self._post(wanted, await read_fields(self._request))
        else:
            await self._show(wanted)

    async def _wanted(self) -> AuthorizationRequest:
        query = self._request.query_params
        if len(query) != len(query.multi_items()):
            raise CannotAuthorize("The link says something twice.")
        client_id = query.get("client_id", "")
        app = await self._around.store.reader.point(lambda connection: oauth_reads.app(connection, client_id))
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

    async def _show(
        self, wanted: AuthorizationRequest, refused: NotAdmitted | None = None, email: str = ""
    ) -> None:
        session = self._session or self._sessions.open(self._now)
        if session.user_id is None:
            status, error = (200, None) if refused is None else (refused.status, str(refused))
            await self._page(
                wanted, status, pages.sign_in(wanted, session, error=error, email=email), session
            )
            return
        accounts = await self._accounts(session)
        if accounts:
            await self._page(wanted, 200, pages.consent(wanted, session, accounts), session)
        else:
            await self._page(wanted, 403, pages.cannot(_NOT_ADMIN, session), session)

    async def _post(self, wanted: AuthorizationRequest, form: dict[str, str]) -> None:
        session = self._session
        if session is None or not hmac.compare_digest(session.csrf.encode(), form.get("csrf", "").encode()):
            await self._page(
                wanted, 403, pages.cannot("This form is no longer valid. Open the link again."), None
            )
            return
        action = form.get("action")
        if action == "sign-in":
            await self._sign_in(wanted, form.get("email", ""), form.get("password", ""))
        elif session.user_id is None:
            await self._show(wanted)
        elif action == "sign-out":
            self._sessions.close(session)
            self._session = None
            await self._show(wanted)
        elif action == "deny":
            answer = {"error": "access_denied", "error_description": "The user cancelled the authorization."}
            await self._redirect(wanted.redirect(**answer))
        elif action == "approve":
            await self._approve(wanted, session, form.get("portal_id", ""))
        else:
            await self._page(wanted, 400, pages.cannot("The form has no such button."), None)

    async def _sign_in(self, wanted: AuthorizationRequest, email: str, password: str) -> None:
        try:
            person = await self._door.admit(self._request, email, password, self._now)
        except NotAdmitted as refused:
            await self._show(wanted, refused, email)
            return
        if self._session is not None:
            self._sessions.close(self._session)
        self._session = self._sessions.open(self._now, user_id=person.user_id, email=person.email)
        await self._redirect(_same_address(self._request), self._session)

    async def _approve(self, wanted: AuthorizationRequest, session: Session, chosen: str) -> None:
        portal_ids = {account.portal_id for account in await self._accounts(session)}
        portal_id = number(chosen)
        if portal_id not in portal_ids or portal_id is None or session.user_id is None:
            await self._page(wanted, 403, pages.cannot(_NOT_ADMIN, session), session)
            return
        code = mint(TokenKind.CODE, secrets.token_bytes(32))
        await self._around.store.writer.submit(
            Consent(portal_id=portal_id, user_id=session.user_id, request=wanted, code=code, now=self._now)
        )
        await self._redirect(wanted.redirect(code=code))

    async def _accounts(self, session: Session) -> list[Account]:
        """Return the accounts this person may install in; only the one the address pins, if it does."""
        user_id = session.user_id or 0
        found = await self._around.store.reader.point(
            lambda connection: oauth_reads.accounts_to_install_in(connection, user_id, self._now)
        )
        pinned: str | None = self._request.path_params.get("hub_id")
        return [one for one in found if pinned is None or str(one.portal_id) == pinned]

    async def _page(
        self, wanted: AuthorizationRequest, status: int, page: str, session: Session | None
    ) -> None:
        headers = [] if session is None else [self._cookie_header(session)]
        await pages.send_page(self._send, status, page, redirect_uri=wanted.redirect_uri, headers=headers)

    async def _redirect(self, address: str, session: Session | None = None) -> None:
        headers = [("location", address), ("cache-control", "no-store"), ("referrer-policy", "no-referrer")]
        if session is not None:
            headers.append(self._cookie_header(session))
        raw = [
            (name.encode(), value.encode("latin-1")) for name, value in (*headers, ("content-length", "0"))
        ]
        await self._send({"type": "http.response.start", "status": 303, "headers": raw})
        await self._send({"type": "http.response.body", "body": b""})

    def _cookie_header(self, session: Session) -> tuple[str, str]:
        secure = "; Secure" if urlsplit(self._around.base_url()).scheme == "https" else ""
        return "set-cookie", f"{COOKIE}={session.id}; Path=/oauth; HttpOnly; SameSite=Lax{secure}"


def _cookie(request: Request) -> str | None:
    try:
        jar = SimpleCookie(request.headers.get("cookie", ""))
    except CookieError:
        return None
    return jar[COOKIE].value if COOKIE in jar else None


def _same_address(request: Request) -> str:
    """Return where this request went, without host: built of its own path and query and of nothing sent."""
    return f"{request.url.path}?{request.url.query}"
