"""The door: signing in and out, one-time links, and a new account."""

from __future__ import annotations

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.domain.sessions import InvitationKind
from syncline.gateway.services.signing_in import TriedTooOften
from syncline.gateway.web.console.fleet import fleet
from syncline.gateway.web.console.visit import SESSION_COOKIE, Visit
from syncline.webkit.cookies import drop_cookie
from syncline.webkit.forms import Form
from syncline.webkit.frame import local_path
from syncline.webkit.themes import choose_theme


async def front(visit: Visit) -> Response:
    """Answer `/`: the tenants for who is signed in, else the way to sign in, else how to begin."""
    if visit.signed_in is not None:
        return await fleet(visit)
    if not await visit.console.signing_in.is_set_up():
        return visit.show("begin.html", address=visit.console.address())
    return _sign_in_page(visit, Form())


async def sign_in(visit: Visit) -> Response:
    """Begin a session."""
    form = visit.form
    try:
        opened = await visit.console.signing_in.sign_in(
            form.one("email"), form.raw("password"), visit.visitor
        )
    except TriedTooOften as error:
        return _sign_in_page(visit, form.wrong(whole=error.message), 429)
    except DomainError as error:
        return _sign_in_page(visit, form.wrong(whole=error.message), 422)
    return visit.enter(opened.secret, local_path(form.one("next")))


def _sign_in_page(visit: Visit, form: Form, status: int = 200) -> Response:
    back = local_path(visit.query("next") or form.one("next"))
    sign_up = visit.console.signing_in.sign_up_allowed
    return visit.show("sign-in.html", status=status, form=form, back=back, sign_up=sign_up)


async def sign_out(visit: Visit) -> Response:
    """End this session."""
    if visit.signed_in is not None:
        await visit.console.signing_in.sign_out(visit.signed_in)
    answer = visit.go("/", "You are signed out.")
    drop_cookie(visit.request, answer, SESSION_COOKIE)
    return answer


async def link(visit: Visit) -> Response:
    """Show what a one-time link offers. Looking at it does not use it: mail programs look, too."""
    return await _link_page(visit, Form())


async def use_link(visit: Visit) -> Response:
    """Use a one-time link, and be signed in."""
    form = visit.form
    try:
        opened = await visit.console.signing_in.accept(
            visit.part("link"), form.one("email"), form.one("name"), form.raw("password"), visit.visitor
        )
    except DomainError as error:
        return await _link_page(visit, form.wrong(whole=error.message), 422)
    return visit.enter(opened.secret, "/", f"Welcome, {opened.operator.name}.")


async def _link_page(visit: Visit, form: Form, status: int = 200) -> Response:
    try:
        invitation = await visit.console.signing_in.invitation(visit.part("link"))
    except DomainError as error:
        return visit.show("link-over.html", status=410, sentence=error.message)
    new_password = invitation.kind is InvitationKind.NEW_PASSWORD
    return visit.show("link.html", status=status, form=form, invitation=invitation, new_password=new_password)


async def sign_up_page(visit: Visit) -> Response:
    """Offer a new account, where the settings allow it."""
    return _sign_up_page(visit, Form())


async def sign_up(visit: Visit) -> Response:
    """Make an account with a tenant of its own."""
    form = visit.form
    try:
        opened = await visit.console.signing_in.sign_up(
            form.one("email"), form.one("name"), form.one("company"), form.raw("password"), visit.visitor
        )
    except DomainError as error:
        return _sign_up_page(visit, form.wrong(whole=error.message), 422)
    return visit.enter(opened.secret, "/", f"Welcome, {opened.operator.name}.")


def _sign_up_page(visit: Visit, form: Form, status: int = 200) -> Response:
    if not visit.console.signing_in.sign_up_allowed:
        return visit.show("link-over.html", status=404, sentence="New accounts are made by invitation here.")
    return visit.show("sign-up.html", status=status, form=form)


async def theme(visit: Visit) -> Response:
    """Remember light or dark."""
    return choose_theme(visit.request, visit.form)
