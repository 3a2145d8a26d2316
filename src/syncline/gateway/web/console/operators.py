"""Operators: who may sign in and what each may do, for all tenants or for the one of the page."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError, NotFound
from syncline.gateway.domain.operators import MATRIX, MEANING, Permission, Role
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.forms import Form

ROLES = [(role.value, role.value.capitalize()) for role in reversed(Role)]


async def operators(visit: Visit) -> Response:
    """List operators and open invitations."""
    return await _page(visit, Form())


async def invite(visit: Visit) -> Response:
    """Make a one-time link; it is shown this once."""
    form = visit.form
    try:
        made = await visit.run("operator.invite", email=form.one("email"), role=form.one("role"))
    except DomainError as error:
        return await _page(visit, form.wrong(email=error.message), 422)
    return await _page(visit, Form(), made=made)


async def give_role(visit: Visit) -> Response:
    """Give somebody a role here, or take it."""
    await _theirs(visit, visit.part("operator"))
    role = visit.form.one("role")
    try:
        done = await visit.run("operator.role", operator=visit.part("operator"), role=role or None)
    except DomainError as error:
        return await _page(visit, visit.form.wrong(whole=error.message), 422)
    return visit.go(_home(visit), f"{done['email']} is now {role or 'without a role'} here.")


async def remove(visit: Visit) -> Response:
    """End an operator, everywhere."""
    try:
        done = await visit.run("operator.remove", operator=visit.part("operator"))
    except DomainError as error:
        return await _page(visit, visit.form.wrong(whole=error.message), 422)
    return visit.go(_home(visit), f"{done['email']} is removed and signed out; his API keys are revoked.")


async def new_password(visit: Visit) -> Response:
    """Make a one-time link for somebody who lost his password."""
    listed = await visit.run("operator.list", limit=200)
    theirs = [each["email"] for each in listed["operators"] if each["id"] == visit.part("operator")]
    if not theirs:
        raise NotFound("There is no such operator.")
    return await _page(visit, Form(), made=await visit.run("operator.link", email=theirs[0]))


async def withdraw(visit: Visit) -> Response:
    """End an invitation."""
    await visit.run("operator.withdraw", invitation=visit.part("invitation"))
    return visit.go(_home(visit), "The invitation is withdrawn.")


async def _page(visit: Visit, form: Form, status: int = 200, made: dict[str, Any] | None = None) -> Response:
    listed = await _listed(visit)
    return visit.show(
        "operators.html",
        status=status,
        current="all-operators" if visit.tenant is None else "operators",
        home=_home(visit),
        listed=listed,
        form=form,
        roles=ROLES,
        made=made,
        matrix=[(MEANING[each], [each in MATRIX[role] for role in Role]) for each in Permission],
        columns=[("May", ""), *((role.value, "") for role in Role)],
    )


async def _listed(visit: Visit) -> dict[str, Any]:
    """Return operators and invitations; for a tenant's own owner those that are about this tenant alone."""
    if visit.tenant is None:
        return await visit.run("operator.list", limit=50, after=visit.query("after") or None)
    return await visit.run("operator.list", limit=200)


async def _theirs(visit: Visit, operator: str) -> None:
    """Raise `NotFound` for an operator whom this page does not show."""
    if visit.tenant is None:
        return
    if operator not in {each["id"] for each in (await _listed(visit))["operators"]}:
        raise NotFound("There is no such operator.")


def _home(visit: Visit) -> str:
    return "/operators" if visit.tenant is None else visit.below("operators")
