"""The plan and going live: nobody else's agreement lets anything reach HubSpot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.domain.operators import Permission
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.web.console.journey.steps import address, go_on, show_step, stand_of
from syncline.gateway.web.console.plan import in_numbers
from syncline.gateway.web.console.visit import Visit
from syncline.gateway.web.console.wording import SECOND
from syncline.webkit.forms import Form

SHOWN: Final = 20
APPROVABLE: Final = ("create", "adopt", "update", "rename", "reactivate", "deactivate", "remove", "strip")
"""Kinds of change that can be approved apart from the others."""


async def plan(visit: Visit) -> Response:
    """Offer to work out the plan; with `?work=out` show what it comes to."""
    return await _plan(visit, Form(), worked_out=visit.query("work") == "out")


async def approve(visit: Visit) -> Response:
    """Approve all of the plan as it was shown, or the kinds of change that are ticked."""
    form = visit.form
    some = form.one("do") == "some"
    only = [each for each in form.many("kind") if each in APPROVABLE]
    if some and not only:
        return await _plan(visit, form.wrong(whole="Tick the kinds of change that may go."), worked_out=True)
    try:
        answer = await visit.run("plan.approve", only=only if some else [], expect=form.one("expect") or None)
    except DomainError as error:
        return await _plan(visit, form.wrong(whole=error.message), worked_out=True)
    if answer["pending"] or answer["approved_at"] is None:
        return visit.go(f"{address(visit, 'plan')}?work=out", SECOND)
    if some:
        said = f"{answer['people']} changes may go now. The rest waits."
        return visit.go(f"{address(visit, 'plan')}?work=out", said)
    return go_on(visit, "plan", "The plan is approved.")


async def _plan(visit: Visit, form: Form, *, worked_out: bool) -> Response:
    found: Mapping[str, Any] | None = None
    if worked_out:
        try:
            found = await visit.run("plan.show", limit=SHOWN, kinds=[*APPROVABLE, "held"])
        except DomainError as error:
            form = form.wrong(whole=error.message)
    return await show_step(
        visit,
        "plan",
        form,
        plan=found,
        kinds=[]
        if found is None
        else [(kind, found["counts"][kind]) for kind in APPROVABLE if found["counts"][kind]],
        summary=None if found is None else summary(found),
        may_approve=visit.may(Permission.APPROVE),
    )


def summary(plan: Mapping[str, Any]) -> str:
    """Return what a plan comes to in one line: `create 31 · adopt 180 · permission set changes 6 · e-mails sent 0`."""
    *others, emails = in_numbers(plan)
    return " · ".join(f"{words} {count}" for words, count in [*(each for each in others if each[1]), emails])


async def live(visit: Visit) -> Response:
    """Say what going live does, and what is left to do before."""
    return await _live(visit, Form())


async def go_live(visit: Visit) -> Response:
    """Let changes go to HubSpot as they come."""
    try:
        answer = await visit.run("tenant.mode", mode=TenantMode.LIVE.value)
    except DomainError as error:
        return await _live(visit, visit.form.wrong(whole=error.message))
    return go_on(visit, "live", str(answer["message"]))


async def _live(visit: Visit, form: Form) -> Response:
    stand = await stand_of(visit)
    tenant = stand.tenant
    return await show_step(
        visit,
        "live",
        form,
        stand=stand,
        is_live=tenant.mode is TenantMode.LIVE,
        before_going=[
            ("HubSpot is connected", stand.account is not None, ""),
            ("What leaving means is chosen", tenant.policy.deactivated is not None, ""),
            ("The identity provider has called", stand.heard_at is not None, ""),
            (
                "The plan is approved",
                tenant.plan_approved_at is not None,
                ""
                if tenant.plan_approved_at
                else "Without it, people who were at HubSpot before stay as they are.",
            ),
        ],
    )
