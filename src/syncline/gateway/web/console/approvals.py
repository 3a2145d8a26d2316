"""What waits for somebody to agree: privileged permission sets, staged leavers, and the plan."""

from __future__ import annotations

from starlette.responses import Response

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.domain.operators import Permission
from syncline.gateway.web.console.visit import Visit

PAGE = 50
_SECOND = "Noted. It counts once a second person has approved it, too."


async def approvals(visit: Visit) -> Response:
    """Show privileged grants and staged leavers that wait, a page of each at a time."""
    after = {name: visit.query(name) for name in ("grants", "leavers")}
    granted = await visit.run("approvals.list", limit=PAGE, after=after["grants"])
    leaving = await visit.run("leavers.list", limit=PAGE, after=after["leavers"])
    pending = await visit.run("approvals.pending")
    return visit.show(
        "approvals.html",
        current="approvals",
        grants=granted,
        leavers=leaving,
        pending=pending["pending"],
        after=after,
        may_approve=visit.may(Permission.APPROVE),
    )


async def grant(visit: Visit) -> Response:
    """Approve one person's privileged set."""
    user = visit.form.one("user")
    result = await visit.run("approvals.grant", user=user)
    done = _SECOND if result["pending"] else f"Approved for {user}."
    return visit.go(visit.below("approvals"), done)


async def release(visit: Visit) -> Response:
    """Let one staged leaver go now."""
    user = visit.form.one("user")
    result = await visit.run("leavers.release", user=user)
    done = _SECOND if result["pending"] else f"{user} is on the way out."
    return visit.go(visit.below("approvals"), done)


async def plan(visit: Visit) -> Response:
    """Show what would be done at HubSpot, worked out when asked for; asking sends nothing but reads."""
    if visit.query("work") != "out":
        return visit.show("plan.html", current="plan", plan=None, sentence="", may_approve=False)
    try:
        shown = await visit.run("plan.show", limit=100)
    except DomainError as error:
        return visit.show("plan.html", current="plan", plan=None, sentence=error.message, may_approve=False)
    may = visit.may(Permission.APPROVE)
    return visit.show("plan.html", current="plan", plan=shown, sentence="", may_approve=may)


async def approve_plan(visit: Visit) -> Response:
    """Agree to the plan as it is now."""
    result = await visit.run("plan.approve")
    approved = "The plan is approved: people who were at HubSpot already may be adopted."
    return visit.go(visit.below("plan"), _SECOND if result["approved_at"] is None else approved)
