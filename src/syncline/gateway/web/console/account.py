"""Your account: another password, and signing out everywhere."""

from __future__ import annotations

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.web.console.visit import SESSION_COOKIE, Visit
from syncline.webkit.cookies import drop_cookie
from syncline.webkit.forms import Form


async def account(visit: Visit) -> Response:
    """Show who is signed in, and what he is where."""
    return await _page(visit, Form())


async def change_password(visit: Visit) -> Response:
    """Keep another password; every other session ends."""
    if visit.signed_in is None:
        return visit.go("/")
    try:
        opened = await visit.console.signing_in.change_password(
            visit.signed_in, visit.form.raw("password"), visit.visitor
        )
    except DomainError as error:
        return await _page(visit, visit.form.wrong(password=error.message), 422)
    return visit.enter(
        opened.secret, "/account", "Your password is changed; every other browser is signed out."
    )


async def sign_out_everywhere(visit: Visit) -> Response:
    """End every session."""
    if visit.signed_in is not None:
        await visit.console.signing_in.sign_out_everywhere(visit.signed_in.operator)
    answer = visit.go("/", "You are signed out everywhere.")
    drop_cookie(visit.request, answer, SESSION_COOKIE)
    return answer


async def _page(visit: Visit, form: Form, status: int = 200) -> Response:
    names: dict[str, str] = {each.id: each.name for each in await visit.console.store.setup.tenants()}
    roles = [(names.get(place, "all tenants"), role.value) for place, role in visit.access.roles.items()]
    return visit.show("account.html", status=status, current="account", form=form, roles=roles)
