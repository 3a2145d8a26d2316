"""Coming in and going out: the sign-in, the choice of an account."""

from __future__ import annotations

from starlette.responses import Response

from syncline.portal.pages.door import NotAdmitted
from syncline.portal.pages.visit import Visit, projects_path
from syncline.webkit.forms import Form
from syncline.webkit.frame import local_path
from syncline.webkit.themes import choose_theme as theme_answer


async def show_sign_in(visit: Visit) -> Response:
    """Ask who is there."""
    onward = local_path(visit.request.query_params.get("next"))
    return visit.show("sign-in", form=Form.of(next=onward))


async def sign_in(visit: Visit) -> Response:
    """Let somebody in under a new session and lead to the page that was asked for."""
    form, site = visit.form, visit.site
    try:
        person = await site.door.admit(visit.request, form.one("email"), form.raw("password"), visit.now)
    except NotAdmitted as refused:
        return visit.show("sign-in", status=refused.status, form=form.wrong(whole=str(refused)))
    site.sessions.close(visit.session)
    visit.session = site.sessions.open(visit.now, user_id=person.user_id, email=person.email)
    return visit.go(local_path(form.one("next")))


async def sign_out(visit: Visit) -> Response:
    """End the session; the form may say where somebody else is to come in again."""
    visit.site.sessions.close(visit.session)
    visit.session = visit.site.sessions.open(visit.now)
    return visit.go(local_path(visit.form.one("next"), "/sign-in"))


async def choose_account(visit: Visit) -> Response:
    """Lead to the only account somebody has, else let them choose."""
    if len(visit.accounts) == 1:
        return visit.go(projects_path(visit.accounts[0]))
    return visit.show("accounts", accounts=visit.accounts)


async def choose_theme(visit: Visit) -> Response:
    """Light, dark, or as the system."""
    return theme_answer(visit.request, visit.form)
