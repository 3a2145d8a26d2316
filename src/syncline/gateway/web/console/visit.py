"""One request to the console: who asks, about which tenant, with what form; and the answers a page can give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from syncline.clock import Clock
from syncline.courtesy import after_them
from syncline.gateway.domain.errors import DomainError, NotFound
from syncline.gateway.domain.operators import EVERYWHERE, Access, Permission
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.services.calling import Operation
from syncline.gateway.services.operations import run_operation
from syncline.gateway.services.overview import Overviews
from syncline.gateway.services.permissions import NEEDED
from syncline.gateway.services.ports import SignedIn, Store, Tenant
from syncline.gateway.services.rehearsals import Rehearsals
from syncline.gateway.services.signing_in import SigningIn, Visitor
from syncline.gateway.web.console.bench import Bench
from syncline.gateway.web.console.following import Streams
from syncline.gateway.web.console.places import context_places, main_places
from syncline.gateway.web.console.wording import helps, on_a_page, said
from syncline.webkit.cookies import drop_cookie, read_cookie, set_cookie
from syncline.webkit.csrf import Csrf
from syncline.webkit.forms import Form
from syncline.webkit.frame import THEME_COOKIE, Banner, Frame, Place, theme_of
from syncline.webkit.pages import Pages

NOTICE_COOKIE = "notice"
SESSION_COOKIE = "session"
_SESSION_SECONDS = 8 * 3600
_LONGEST_NOTICE = 300


class Forbidden(Exception):
    """Somebody who is signed in asks for what his role does not include."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(permission.value)
        self.permission = permission


@dataclass(frozen=True, slots=True)
class Console:
    """What the pages work with."""

    operations: Mapping[str, Operation]
    store: Store
    signing_in: SigningIn
    overviews: Overviews
    clock: Clock
    address: Callable[[], str]
    pages: Pages
    csrf: Csrf
    bench: Bench
    rehearsals: Rehearsals
    retention: Sequence[tuple[str, str, int]] = ()
    """What is kept, the setting that says so, and for how many days."""
    streams: Streams = field(default_factory=Streams)


@dataclass(slots=True)
class Visit:
    """A request on its way to a page. `browser` is the cookie that CSRF tokens are made for."""

    request: Request
    console: Console
    browser: str
    signed_in: SignedIn | None = None
    tenant: Tenant | None = None
    form: Form = field(default_factory=Form)
    lost: bool = False
    """Whether there is nothing at the address; then nothing of the address is on the page, so that all look alike."""

    @property
    def access(self) -> Access:
        """What the one who asks may do; nothing for a stranger."""
        return Access() if self.signed_in is None else self.signed_in.operator.access

    @property
    def actor(self) -> str:
        """The name changes are recorded under."""
        return "nobody" if self.signed_in is None else self.signed_in.operator.email

    @property
    def here(self) -> Tenant:
        """The tenant of a page whose path names one."""
        if self.tenant is None:
            raise LookupError("this page's path names no tenant")
        return self.tenant

    @property
    def visitor(self) -> Visitor:
        """Where the request comes from."""
        client = self.request.client
        return Visitor(client.host if client else None, self.request.headers.get("user-agent", ""))

    def query(self, name: str, default: str = "") -> str:
        """Return a parameter of the address."""
        return self.request.query_params.get(name, default)

    def part(self, name: str) -> str:
        """Return a part of the path by its name in the route table."""
        return str(self.request.path_params[name])

    def may(self, permission: Permission) -> bool:
        """Tell whether the one who asks may do that here: for the tenant of the page, else for all."""
        return self.access.may(permission, EVERYWHERE if self.tenant is None else self.tenant.id)

    async def run(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Run an operation for the tenant of the page, in the name of the one who asks.

        Raises `Forbidden`, whatever the page itself asks for, and the operation's own `DomainError`.
        """
        if not self.may(NEEDED[operation]):
            raise Forbidden(NEEDED[operation])
        about = {} if self.tenant is None else {"tenant": self.tenant.id}
        await after_them()
        try:
            return await run_operation(self.console.operations, operation, self.actor, {**about, **arguments})
        except DomainError as error:
            raise on_a_page(error, "" if self.tenant is None else self.tenant.id) from error

    def show(self, template: str, *, status: int = 200, current: str = "", **data: Any) -> Response:
        """Answer with a page; `current` is the place in the navigation it belongs to."""
        notice = read_cookie(self.request, NOTICE_COOKIE)
        frame = self.frame(current)
        if notice:
            told = Banner("good", unquote(notice)[:_LONGEST_NOTICE])
            frame = replace(frame, banners=(told, *frame.banners))
        answer = self.console.pages.begin(template, frame, status=status, visit=self, **data)
        if notice:
            drop_cookie(self.request, answer, NOTICE_COOKIE)
        return answer

    def go(self, path: str, done: str = "") -> Response:
        """Lead to another page, which says what was done."""
        answer = RedirectResponse(path, 303)
        if done:
            set_cookie(self.request, answer, NOTICE_COOKIE, quote(done[:_LONGEST_NOTICE]), seconds=60)
        return answer

    def enter(self, secret: str, path: str, done: str = "") -> Response:
        """Lead to a page as somebody who has just signed in."""
        answer = self.go(path, done)
        set_cookie(self.request, answer, SESSION_COOKIE, secret, seconds=_SESSION_SECONDS)
        return answer

    def helps(self, reason: str, user: str | None = None) -> Markup:
        """Return what releases people held for a reason, or that one of them, with links to where it is done."""
        return helps(reason, self.here.id, user)

    def said(self, remedy: Remedy) -> Markup:
        """Return what helps with links to where it is done."""
        return said(remedy, self.here.id)

    def below(self, place: str) -> str:
        """Return the address of a page of this tenant."""
        return f"/tenants/{self.here.id}/{place}"

    def frame(self, current: str = "") -> Frame:
        """Return what stands around the page."""
        theme = theme_of(read_cookie(self.request, THEME_COOKIE))
        csrf = self.console.csrf.token(self.browser)
        url = self.request.url
        path = "/" if self.lost else url.path + (f"?{url.query}" if url.query else "")
        bare = Frame(theme=theme, csrf=csrf, path=path)
        if self.signed_in is None:
            return bare
        operator = self.signed_in.operator
        tenant = self.tenant
        role = operator.access.role_for(EVERYWHERE if tenant is None else tenant.id)
        return replace(
            bare,
            places=main_places(operator.access, current),
            context=None if tenant is None else tenant.name,
            context_href="/" if tenant is None else self.below("overview"),
            context_places=() if tenant is None else context_places(tenant.id, operator.access, current),
            who=operator.name,
            who_role=f"{operator.email} · {role.value}" if role else operator.email,
            menu=(Place("Your account", "/account", "user", current == "account"),),
            sign_out="/sign-out",
        )


async def find_tenant(console: Console, access: Access, tenant_id: str) -> Tenant:
    """Return a tenant by its id; raises `NotFound` alike for one there is not and one that is not to be seen."""
    found = await console.store.setup.tenant(tenant_id)
    if found is None or found.id != tenant_id or not access.may(Permission.VIEW, found.id):
        raise NotFound("There is nothing at this address.")
    return found
