"""A tenant at a glance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from starlette.responses import Response

from syncline.clock import Milliseconds
from syncline.gateway.domain.health import Health
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.overview import ENDS_SOON, Overview
from syncline.gateway.services.showing import holds_counted
from syncline.gateway.web.console.visit import Visit
from syncline.webkit.frame import Banner


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
        banners=list(_banners(visit, seen, visit.console.clock.now())),
    )


def _banners(visit: Visit, seen: Overview, now: Milliseconds) -> Iterator[Banner]:
    standing = seen.standing
    set_up, settings = visit.below("set-up"), visit.below("settings")
    if standing.health is None:
        yield Banner(
            "warning",
            "What the identity provider sends is kept, and nothing is decided yet.",
            "Not connected to HubSpot.",
            ("Go on with the set-up", set_up),
        )
    elif standing.health is not Health.HEALTHY:
        grave = standing.health is not Health.DEGRADED
        yield Banner(
            "danger" if grave else "warning", seen.trouble or "", f"{standing.health.value.capitalize()}."
        )
    elif standing.mode is TenantMode.PLAN:
        yield Banner(
            "info",
            "Everything is decided and shown, nothing is sent to HubSpot until the tenant goes live.",
            "Plan mode.",
            ("See the plan", visit.below("plan")),
        )
    if seen.tokens == 0:
        yield Banner(
            "warning",
            "The identity provider cannot sign in.",
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
