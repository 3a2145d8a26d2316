"""Protected people, whom nothing ever changes, and privileged sets, which nobody gets without approval."""

from __future__ import annotations

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError, Refused
from syncline.gateway.web.console.settings_tabs import show_settings
from syncline.gateway.web.console.visit import Visit
from syncline.gateway.web.console.wording import SECOND
from syncline.webkit.forms import Form
from syncline.webkit.text import plain

_PROTECTED, _PRIVILEGED = "settings/protected", "settings/privileged"
LONGEST_REASON = 300


async def protected(visit: Visit) -> Response:
    """List protected people."""
    return await _protected_page(visit, Form())


async def protect(visit: Visit) -> Response:
    """Have nothing ever changed for somebody."""
    email = visit.form.one("email")
    try:
        await visit.run("protect.add", email=email, reason=visit.form.one("reason")[:LONGEST_REASON])
    except DomainError as error:
        return await _protected_page(visit, visit.form.wrong(email=error.message), 422)
    return visit.go(visit.below(_PROTECTED), f"{email} is protected: nothing at HubSpot is changed for him.")


async def unprotect(visit: Visit) -> Response:
    """Lift a protection; he is treated as everybody from now on."""
    email = visit.form.one("email")
    try:
        done = await visit.run("protect.remove", email=email)
    except DomainError as error:
        return await _protected_page(visit, visit.form.wrong(whole=error.message), 422)
    said = SECOND if done["protected"] else f"{email} is no longer protected."
    return visit.go(visit.below(_PROTECTED), said)


async def privileged(visit: Visit) -> Response:
    """List the permission sets that wait for approval each time."""
    return await _privileged_page(visit, Form())


async def mark(visit: Visit) -> Response:
    """Mark a set as privileged, or take the mark away."""
    taken = visit.form.has("unmark")
    operation = "privileged.unmark" if taken else "privileged.mark"
    try:
        done = await visit.run(operation, permission_set=visit.form.one("permission_set"))
    except DomainError as error:
        return await _privileged_page(visit, visit.form.wrong(permission_set=error.message), 422)
    if taken and done["marked"]:
        return visit.go(visit.below(_PRIVILEGED), SECOND)
    said = "no longer marked" if taken else "privileged: each person who would get it waits for approval"
    return visit.go(visit.below(_PRIVILEGED), f"{done['permission_set']} is {said}.")


async def _protected_page(visit: Visit, form: Form, status: int = 200) -> Response:
    people = (await visit.run("protect.list"))["protected"]
    return show_settings(visit, _PROTECTED, status=status, people=people, form=form)


async def _privileged_page(visit: Visit, form: Form, status: int = 200) -> Response:
    try:
        sets = (await visit.run("privileged.list"))["privileged"]
    except Refused:
        sets = []
    connection = await visit.console.store.setup.connection(visit.here.id)
    account = None if connection is None else connection.account
    marked = {each["id"] for each in sets if each["marked"]}
    free = [
        (each.id, plain(each.name))
        for each in (() if account is None else account.permission_sets)
        if each.id not in marked
    ]
    return show_settings(
        visit, _PRIVILEGED, status=status, sets=sets, free=free, form=form, connected=account is not None
    )
