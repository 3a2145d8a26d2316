"""Answers a request to the console: find the page, ask who is there, check what he may, check the form, answer.

What every answer has in common is here and nowhere else: permissions before anything is read, CSRF before anything is
changed, the headers that keep a browser safe, and an error page for whatever goes wrong.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from re import Pattern
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from syncline.courtesy import after_them
from syncline.gateway.domain.errors import DomainError, NotFound
from syncline.gateway.domain.operators import EVERYWHERE, MEANING, Permission
from syncline.gateway.web.console.page import Door, Page
from syncline.gateway.web.console.proving import back_from, unproven
from syncline.gateway.web.console.visit import SESSION_COOKIE, Console, Forbidden, Visit, find_tenant
from syncline.sql.errors import StoreError
from syncline.webkit.cookies import drop_cookie, is_secure, read_cookie, set_cookie
from syncline.webkit.csrf import FIELD, is_from_here
from syncline.webkit.forms import FormRefused, read_form
from syncline.webkit.pages import PageResponse
from syncline.webkit.policy import protect
from syncline.webkit.statics import STATIC_PREFIX, Statics

_log = logging.getLogger(__name__)

VISIT_COOKIE = "visit"
"""Names a browser nobody is signed in with, so that its forms have a CSRF token too."""
_STATUS = {"not_found": 404, "conflict": 409, "invalid": 422, "refused": 409, "unavailable": 503}


@dataclass(frozen=True, slots=True)
class _Row:
    pattern: Pattern[str]
    page: Page


class ConsoleApplication:
    """The console as an ASGI application, over its route table."""

    def __init__(self, console: Console, pages: Sequence[Page], statics: Statics) -> None:
        self.pages = tuple(pages)
        self._console = console
        self._rows = [_Row(compile_path(page.path)[0], page) for page in pages]
        self._statics = statics
        self._turn = asyncio.Lock()
        """Pages asked for in one moment begin, and are rendered, one after the other: a SCIM request between two waits
        for one of them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(STATIC_PREFIX):
            await self._statics(scope, receive, send)
            return
        async with self._turn:
            await after_them()
        request = Request(scope, receive)
        answer = await self._answer(request)
        if isinstance(answer, PageResponse):
            async with self._turn:
                await answer.finish()
        protect(answer.headers, secure=is_secure(request))
        if request.method == "HEAD":
            answer.body = b""
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        visit = await self._visit(request)
        try:
            answer = await self._reach(visit)
        except Forbidden as error:
            answer = _wrong(visit, 403, "That is not yours to do", _not_allowed(error.permission))
        except FormRefused as error:
            answer = _wrong(visit, error.status, "The form was not taken", str(error))
        except NotFound:
            visit.tenant, visit.lost = None, True
            answer = _wrong(visit, 404, "Nothing here", "There is nothing at this address.")
        except DomainError as error:
            answer = _wrong(visit, _STATUS.get(error.kind, 400), "That did not work", error.message)
        except StoreError:
            _log.exception("the console cannot use its database")
            sentence = "The database cannot be reached now. Nothing was changed; try again in a moment."
            answer = _wrong(visit, 503, "Not now", sentence)
        return _remember(visit, answer)

    async def _visit(self, request: Request) -> Visit:
        secret = read_cookie(request, SESSION_COOKIE)
        stranger = read_cookie(request, VISIT_COOKIE) or secrets.token_urlsafe(32)
        visit = Visit(request, self._console, stranger)
        try:
            visit.signed_in = await self._console.signing_in.who(secret)
        except StoreError:
            _log.exception("who is signed in cannot be told")
        if visit.signed_in is not None and secret is not None:
            visit.browser = secret
        return visit

    async def _reach(self, visit: Visit) -> Response:
        """Lead a visit to its page, through every check in its order."""
        request = visit.request
        page = self._find(request)
        if isinstance(page, Response):
            return page
        if page.needs is not Door.ANYONE and visit.signed_in is None:
            return RedirectResponse(f"/?next={quote(_back(page, visit), safe='')}", 303)
        await _permit(visit, page)
        if page.is_unsafe:
            visit.form = await read_form(request)
            self._check_origin(visit)
        if page.fresh and (asked := await unproven(visit)) is not None:
            return asked
        return await page.answer(visit)

    def _find(self, request: Request) -> Page | Response:
        path = request.scope["path"]
        method = "GET" if request.method == "HEAD" else request.method
        allowed = []
        for row in self._rows:
            match = row.pattern.match(path)
            if match is None:
                continue
            if row.page.method == method:
                request.scope["path_params"] = match.groupdict()
                return row.page
            allowed.append(row.page.method)
        if allowed:
            return Response("This address does not take that.\n", 405, {"allow": ", ".join(sorted(allowed))})
        raise NotFound("There is nothing at this address.")

    def _check_origin(self, visit: Visit) -> None:
        """Raise `FormRefused` for a form that is not from our own page in this browser."""
        headers = visit.request.headers
        sent = headers.get("origin")
        same_host = sent is not None and urlsplit(sent).netloc == headers.get("host")
        ours = sent if same_host and sent is not None else self._console.address()
        known = self._console.csrf.holds(visit.browser, visit.form.raw(FIELD))
        if not known or not is_from_here(headers, ours):
            raise FormRefused(
                403, "This form is too old, or came from elsewhere. Open the page again and retry."
            )


async def _permit(visit: Visit, page: Page) -> None:
    """Find the tenant of the address and check the permission there; raises `NotFound` and `Forbidden`."""
    tenant_id = visit.request.path_params.get("tenant")
    if tenant_id is not None:
        visit.tenant = await find_tenant(visit.console, visit.access, tenant_id)
    if isinstance(page.needs, Permission):
        place = EVERYWHERE if visit.tenant is None else visit.tenant.id
        if not visit.access.may(page.needs, place):
            raise Forbidden(page.needs)


def _back(page: Page, visit: Visit) -> str:
    """Return where to lead somebody after he has signed in: here, or to the page whose form he sent."""
    if page.is_unsafe:
        return back_from(visit)
    url = visit.request.url
    return url.path + (f"?{url.query}" if url.query else "")


def _wrong(visit: Visit, status: int, title: str, sentence: str) -> Response:
    return visit.show("wrong.html", status=status, title=title, sentence=sentence)


def _not_allowed(permission: Permission) -> str:
    return f"Your role does not let you {MEANING[permission]}. Ask an owner to give you another one."


def _remember(visit: Visit, answer: Response) -> Response:
    """Give a stranger's browser a name for its forms; forget a session that is over."""
    request = visit.request
    if visit.signed_in is not None:
        return answer
    if read_cookie(request, VISIT_COOKIE) != visit.browser:
        set_cookie(request, answer, VISIT_COOKIE, visit.browser)
    begins = any(SESSION_COOKIE in each for each in answer.headers.getlist("set-cookie"))
    if read_cookie(request, SESSION_COOKIE) is not None and not begins:
        drop_cookie(request, answer, SESSION_COOKIE)
    return answer
