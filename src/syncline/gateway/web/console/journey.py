"""The set-up of a tenant as a journey: which steps are done, and which is next."""

from __future__ import annotations

from starlette.responses import Response

from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.web.console.visit import Visit

Step = tuple[str, str, str, str]


async def set_up(visit: Visit) -> Response:
    """Show every step with its live state and how it is done today."""
    seen = await visit.console.overviews.overview(visit.here)
    tenant = visit.here
    rules = (await visit.run("rule.list"))["rules"]
    settings, log = visit.below("settings"), visit.below("log")
    done = [
        ("Connect HubSpot", seen.standing.health is not None, "", _connected(visit, seen.portal_id)),
        (
            "Say what leaving means",
            tenant.policy.deactivated is not None,
            "",
            f"syncline policy set '{tenant.name}' --deactivated deactivate|remove|strip",
        ),
        ("Map roles and groups", bool(rules), "", f"syncline rule add '{tenant.name}' …"),
        ("Make a SCIM token", seen.tokens > 0, settings, "for the identity provider, shown once"),
        (
            "Connect the identity provider",
            seen.standing.last_contact_at is not None,
            log,
            "waiting for its first request",
        ),
        (
            "Approve the plan",
            seen.plan_approved_at is not None,
            visit.below("plan"),
            "before it, people who were at HubSpot already stay as they are",
        ),
        (
            "Go live",
            tenant.mode is TenantMode.LIVE,
            "",
            f"syncline tenant mode '{tenant.name}' live",
        ),
    ]
    return visit.show(
        "set-up.html", current="set-up", steps=_steps(done), scim=f"{visit.console.address()}/scim/v2"
    )


def _connected(visit: Visit, portal_id: int | None) -> str:
    if portal_id is not None:
        return f"HubSpot account {portal_id}"
    return f"syncline connection authorize '{visit.here.name}'"


def _steps(entries: list[tuple[str, bool, str, str]]) -> list[Step]:
    first = next((number for number, each in enumerate(entries) if not each[1]), None)
    return [
        (label, "done" if done else "now" if number == first else "open", href, _note(note, done))
        for number, (label, done, href, note) in enumerate(entries)
    ]


def _note(note: str, done: bool) -> str:
    """Return what a step says: how it is done, until it is; then only what came of it."""
    return note if not done or note.startswith("HubSpot account") else ""
