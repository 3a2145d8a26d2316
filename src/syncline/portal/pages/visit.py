"""One request for a page: who is there, in which account, with which form; and the way back out."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from syncline.clock import Clock, Milliseconds
from syncline.portal.domain.account import Account
from syncline.portal.domain.errors import HubSpotError, SetupError
from syncline.portal.pages.door import Door
from syncline.portal.pages.sessions import SESSION_LIFE, Session, Sessions
from syncline.portal.store import oauth_reads
from syncline.portal.store.store import Store
from syncline.portal.web.call import Surroundings
from syncline.sql.errors import StoreBusy, StoreUnavailable
from syncline.webkit.cookies import is_secure, read_cookie, set_cookie
from syncline.webkit.csrf import FIELD, SAFE_METHODS, Csrf, is_from_here
from syncline.webkit.forms import Form, FormRefused, read_form
from syncline.webkit.frame import THEME_COOKIE, Banner, Frame, Place, theme_of
from syncline.webkit.pages import Pages, own_statics
from syncline.webkit.policy import protect
from syncline.webkit.statics import Statics

_log = logging.getLogger(__name__)

COOKIE = "portal_session"
REHEARSAL = "This is not HubSpot. Never type a HubSpot password here."
NOTICES = {
    "saved": "Saved.",
    "added": "Added.",
    "removed": "Removed.",
    "connected": "The app is connected. Show its access token below.",
    "rotated": "There is a new access token; the one before has ended.",
    "revoked": "The app is disconnected and its access token has ended.",
}
"""What a page may say after something was done; an address can choose among these sentences and add none."""


class Site:
    """What all pages share: the portal around them, the templates, who is signed in."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.door = Door(around)
        self.sessions = Sessions()
        self.csrf = Csrf(secrets.token_bytes(32))
        self.statics: Statics = own_statics()
        self.pages = Pages(self.statics, Path(__file__).parent / "templates")


@dataclass(slots=True)
class Visit:
    """A request of somebody who may be here; `account` is the one the address names, as its super admin."""

    site: Site
    request: Request
    now: Milliseconds
    session: Session
    form: Form
    accounts: list[Account]
    chosen: Account | None = None

    @property
    def store(self) -> Store:
        return self.site.around.store

    @property
    def clock(self) -> Clock:
        return self.site.around.clock

    @property
    def account(self) -> Account:
        """The account the address names."""
        if self.chosen is None:
            raise PageNotFound
        return self.chosen

    @property
    def name(self) -> str:
        """The account's name, by which the use cases know it."""
        return self.account.name

    @property
    def address(self) -> str:
        """Where the portal is reached."""
        return self.site.around.base_url()

    def place(self, name: str) -> str:
        """Return a part of the address; the names of the route table."""
        return str(self.request.path_params[name])

    def show(
        self, template: str, *, status: int = 200, crumbs: tuple[Place, ...] = (), **data: Any
    ) -> Response:
        """Return a page."""
        frame = self._frame(crumbs)
        return self.site.pages.answer(f"portal/{template}.html", frame, status=status, visit=self, **data)

    def go(self, path: str, notice: str | None = None) -> Response:
        """Send the browser on to a path of ours, which may say what was done."""
        return RedirectResponse(path + (f"?done={notice}" if notice else ""), 303)

    def _frame(self, crumbs: tuple[Place, ...]) -> Frame:
        path, said = self.request.url.path, NOTICES.get(self.request.query_params.get("done", ""))
        signed_in = self.session.user_id is not None
        return Frame(
            product="Portal",
            theme=theme_of(self.request.cookies.get(THEME_COOKIE)),
            csrf=self.site.csrf.token(self.session.id),
            path=path,
            context=None if self.chosen is None else self.chosen.name,
            context_href="/" if self.chosen is None else projects_path(self.chosen),
            context_places=() if self.chosen is None else _places(self.chosen, path),
            crumbs=crumbs,
            who=self.session.email if signed_in else None,
            who_role="Super admin" if signed_in else "",
            menu=(Place("Accounts", "/", "building"),) if signed_in else (),
            sign_out="/sign-out" if signed_in else None,
            rehearsal=REHEARSAL,
            banners=(Banner("good", said),) if said else (),
        )


Handler = Callable[[Visit], Awaitable[Response]]


class PageNotFound(Exception):
    """There is no such page for whoever asks."""


class Page:
    """One address as an ASGI application: a handler to see it, and one to send its form to."""

    def __init__(
        self, site: Site, get: Handler | None, post: Handler | None = None, *, public: bool = False
    ) -> None:
        self._site = site
        self._handlers = {"GET": get, "HEAD": get, "POST": post}
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        now = self._site.around.clock.now()
        session = self._site.sessions.find(read_cookie(request, COOKIE), now)
        visit = Visit(self._site, request, now, session or self._site.sessions.open(now), Form(), [])
        response = await self._answer(visit, known=session is not None)
        if read_cookie(request, COOKIE) != visit.session.id:
            set_cookie(request, response, COOKIE, visit.session.id, seconds=SESSION_LIFE // 1000)
        protect(response.headers, secure=is_secure(request))
        await response(scope, receive, send)

    async def _answer(self, visit: Visit, *, known: bool) -> Response:
        request = visit.request
        handler = self._handlers.get(request.method)
        if handler is None:
            refused = _refused(visit, 405, "This address is not for that.")
            refused.headers["allow"] = ", ".join(name for name, each in self._handlers.items() if each)
            return refused
        try:
            if request.method not in SAFE_METHODS and not await self._is_ours(visit, known):
                return _refused(visit, 403, "This form is no longer valid. Open the page again.")
            if not self._public and visit.session.user_id is None:
                return visit.go(f"/sign-in?next={quote(request.url.path)}")
            await _admit(visit)
            return await handler(visit)
        except PageNotFound:
            return _refused(visit, 404, "There is no such page, or it is not for you.")
        except FormRefused as refused:
            return _refused(visit, refused.status, str(refused))
        except (SetupError, HubSpotError) as refused:
            status = refused.status if isinstance(refused, HubSpotError) else 400
            return _refused(visit, status, str(refused))
        except (StoreBusy, StoreUnavailable):
            return _refused(visit, 503, "The portal can't reach its database. Try again shortly.")
        except Exception:
            _log.exception("page %s failed", request.url.path)
            return _refused(visit, 500, "Something went wrong in the portal; its log says what.")

    async def _is_ours(self, visit: Visit, known: bool) -> bool:
        url = visit.request.url
        if not is_from_here(visit.request.headers, f"{url.scheme}://{url.netloc}"):
            return False
        visit.form = await read_form(visit.request)
        return known and self._site.csrf.holds(visit.session.id, visit.form.raw(FIELD))


async def _admit(visit: Visit) -> None:
    """Find the accounts this person is an active super admin of: read anew for every page, so that it ends at once."""
    user_id = visit.session.user_id
    if user_id is None:
        return
    visit.accounts = await visit.store.reader.point(
        lambda connection: oauth_reads.accounts_to_install_in(connection, user_id, visit.now)
    )
    wanted = visit.request.path_params.get("portal_id")
    if wanted is not None:
        visit.chosen = next((one for one in visit.accounts if one.portal_id == wanted), None)
        if visit.chosen is None:
            raise PageNotFound


def _refused(visit: Visit, status: int, sentence: str) -> Response:
    return visit.show("refused", status=status, sentence=sentence)


def projects_path(account: Account) -> str:
    """Return the path of an account's projects, as HubSpot has it."""
    return f"/developer-projects/{account.portal_id}"


def settings_path(account: Account, page: str) -> str:
    """Return the path of a page of an account's settings."""
    return f"/settings/{account.portal_id}/{page}"


def _places(account: Account, path: str) -> tuple[Place, ...]:
    known = (
        ("Development", projects_path(account), "path"),
        ("Users", settings_path(account, "users"), "people"),
        ("Permission sets", settings_path(account, "permission-sets"), "key"),
        ("Teams", settings_path(account, "teams"), "group"),
        ("Account", settings_path(account, "account"), "settings"),
    )
    return tuple(
        Place(label, href, icon, current=path == href or path.startswith(href + "/"))
        for label, href, icon in known
    )
