"""The fleet: every tenant one may see, and how each of them is; and making another."""

from __future__ import annotations

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.domain.operators import Permission
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

MOST = 50


async def fleet(visit: Visit) -> Response:
    """Show tenants by name, `MOST` at a time."""
    return await _page(visit, Form())


async def create_tenant(visit: Visit) -> Response:
    """Make a tenant, and go to its set-up."""
    try:
        made = await visit.run("tenant.create", name=visit.form.one("name"))
    except DomainError as error:
        return await _page(visit, visit.form.wrong(name=error.message), 422)
    return visit.go(f"/tenants/{made['id']}/set-up", f"{made['name']} is made. Nothing is connected yet.")


async def _page(visit: Visit, form: Form, status: int = 200) -> Response:
    search, after = visit.query("search").casefold(), visit.query("after").casefold()
    seen = [
        each
        for each in await visit.console.store.setup.tenants()
        if visit.access.may(Permission.VIEW, each.id) and search in each.name.casefold()
    ]
    rest = sorted(
        (each for each in seen if each.name.casefold() > after), key=lambda each: each.name.casefold()
    )
    lines = [await visit.console.overviews.standing(each) for each in rest[:MOST]]
    return visit.show(
        "fleet.html",
        status=status,
        current="fleet",
        lines=lines,
        search=visit.query("search"),
        after=visit.query("after"),
        next=rest[MOST - 1].name if len(rest) > MOST else None,
        form=form,
        may_create=visit.access.may(Permission.TENANTS),
    )
