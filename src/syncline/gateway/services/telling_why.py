"""What an event of the provisioning log came to, and what to do about it, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from syncline.gateway.domain.health import WHAT_HELPS, Health, what_helps
from syncline.gateway.domain.holds import HOLDS, HoldReason
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.services.ports import Event

OUTCOMES: Final[Mapping[str, tuple[str, ...]]] = {
    "done": (
        "delivery.create",
        "delivery.adopt",
        "delivery.update",
        "delivery.rename",
        "delivery.reactivate",
        "delivery.deactivate",
        "delivery.remove",
        "delivery.strip",
        "connection.recovered",
        "drift.over",
    ),
    "held": ("delivery.held",),
    "failed": (
        "delivery.retry",
        "delivery.stopped",
        "delivery.gone",
        "connection.trouble",
        "connection.quarantined",
        "connection.revoked",
        "drift.found",
    ),
    "nothing to do": ("delivery.unchanged", "delivery.met", "delivery.looked"),
}
"""The kinds that mean each outcome; a kind that is not here tells of a request, which has none yet."""

_OUTCOME_OF: Final = {kind: outcome for outcome, kinds in OUTCOMES.items() for kind in kinds}
_HELPS: Final[Mapping[str, Remedy]] = {
    "delivery.retry": Remedy(
        "Nothing: it is tried again by itself. If it goes on, look at HubSpot's status page."
    ),
    "delivery.stopped": Remedy(
        "{check:Put the connection right}; whoever waits is sent then, leavers first."
    ),
    "delivery.gone": Remedy("Nothing: the person is decided about anew."),
    "connection.quarantined": WHAT_HELPS[Health.QUARANTINED],
    "connection.revoked": WHAT_HELPS[Health.RECONNECT_NEEDED],
    "drift.found": Remedy(
        "{drift:Look what was changed}: enforce what the identity provider says, or accept what HubSpot has."
    ),
}


def outcome_of(event: Event) -> str | None:
    """Return what the event came to: one of `OUTCOMES`, None for one that has no outcome."""
    return _OUTCOME_OF.get(event.kind)


def remedy_for(kind: str, detail: Mapping[str, Any]) -> Remedy | None:
    """Return what helps against what an event of that kind tells, None where nothing is wrong."""
    if kind == "delivery.held" and detail.get("reason") in set(HoldReason):
        return HOLDS[HoldReason(detail["reason"])].release
    if kind == "connection.trouble":
        return what_helps(Health(detail.get("health", Health.DEGRADED)), detail.get("trouble"))
    return _HELPS.get(kind)


def told(event: Event, tenant: str) -> dict[str, Any]:
    """Return the outcome of an event, its cause and what helps, both None where nothing is wrong."""
    outcome = outcome_of(event)
    if outcome not in ("held", "failed"):
        return {"outcome": outcome, "cause": None, "fix": None}
    remedy = remedy_for(event.kind, event.detail)
    fix = None if remedy is None else remedy.about(tenant).in_commands
    return {"outcome": outcome, "cause": event.summary, "fix": fix}
