"""A tenant at a glance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from syncline.clock import Milliseconds
from syncline.gateway.domain.health import Health
from syncline.gateway.domain.notices import NOTICES
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.overview import ENDS_SOON, Overview
from syncline.gateway.services.showing import holds_counted
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.frame import Banner
from syncline.webkit.text import shown

MUCH: Final = 25
"""From so many people waiting on, how far the work is gets a bar of its own."""


async def overview(visit: Visit) -> Response:
    """Show how the tenant is, what waits and why, and what happened in the last day."""
    seen = await visit.console.overviews.overview(visit.here)
    series = [(f"{datetime.fromtimestamp(hour / 1000, UTC):%H:%M}", count) for hour, count in seen.changes]
    return visit.show(
        "overview.html",
        current="overview",
        seen=seen,
        held=holds_counted(seen.held),
        series=series if any(count for _, count in series) else [],
        progress=_progress(seen),
        banners=list(_banners(visit, seen, visit.console.clock.now())),
    )


def _banners(visit: Visit, seen: Overview, now: Milliseconds) -> Iterator[Banner]:
    yield from _connection(visit, seen)
    yield from _tokens(visit, seen, now)
    for each in seen.notices:
        yield Banner("warning", shown(each.says) + " " + visit.said(each.fix), f"{NOTICES[each.kind].title}.")


def _connection(visit: Visit, seen: Overview) -> Iterator[Banner]:
    """Say what is wrong with the connection and what helps, or what its mode means."""
    standing, health = seen.standing, seen.health
    if standing.health is None or health is None:
        yield Banner(
            "warning",
            "What the identity provider sends is kept, and nothing is decided yet.",
            "Not connected to HubSpot.",
            ("Go on with the set-up", visit.below("set-up")),
        )
    elif standing.health is not Health.HEALTHY:
        grave = standing.health is not Health.DEGRADED
        said = shown(health["trouble"])
        if seen.remedy is not None:
            said += " " + visit.said(seen.remedy)
        link = ("Look at the connection", visit.below("settings/connection"))
        yield Banner("danger" if grave else "warning", said, f"{standing.health.value.capitalize()}.", link)
    elif standing.mode is TenantMode.PLAN:
        yield Banner(
            "info",
            "Everything is decided and shown, nothing is sent to HubSpot until the tenant goes live.",
            "Plan mode.",
            ("See the plan", visit.below("plan")),
        )


def _tokens(visit: Visit, seen: Overview, now: Milliseconds) -> Iterator[Banner]:
    settings = visit.below("settings")
    if seen.tokens == 0:
        yield Banner(
            "warning",
            "The identity provider cannot sign in: every token was revoked or has ended. Make one and give it to the "
            "identity provider.",
            "There is no SCIM token.",
            ("Make one", settings),
        )
    elif seen.token_ends_at is not None and seen.token_ends_at - now < ENDS_SOON:
        days = max(0, (seen.token_ends_at - now) // 86_400_000)
        yield Banner(
            "warning",
            f"The last SCIM token ends in {days} days. Make another and give it to the identity provider.",
            "Token ends soon.",
            ("Rotate it", settings),
        )


def _progress(seen: Overview) -> dict[str, Any] | None:
    """Return how far everybody is while there is much to send; None once little waits."""
    standing = seen.standing
    done, waiting = standing.in_step or 0, standing.waiting or 0
    if waiting < MUCH:
        return None
    return {"done": done, "total": done + waiting, "held": standing.held or 0}
