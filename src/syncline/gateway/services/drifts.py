"""Where HubSpot has something else than was last agreed, as people read it: who changed it, and what becomes of it."""

from __future__ import annotations

from typing import Any, Final

from syncline.gateway.domain.account import ChangedBy
from syncline.gateway.domain.agreement import Drift
from syncline.gateway.domain.delivery import enforce_of
from syncline.gateway.domain.drift import FIXED, shown, values_at_hubspot
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import DriftPolicy
from syncline.gateway.services.ports import WorkItem
from syncline.gateway.services.showing import moment

_BECOMES: Final = {
    "report": "it stays until somebody enforces or accepts it, or the identity provider wants another",
    "enforce": "what was agreed is delivered again",
    "accept": "it stays until the identity provider wants another",
    "fixed": "no policy decides about it",
}


def drifts_told(item: WorkItem, setup: Setup) -> list[dict[str, Any]]:
    """Return each field of a person in which HubSpot has something else than was agreed, accepted ones included.

    Of an accepted one it is no longer known since when and by whom.
    """
    agreement = item.delivery.agreement
    drifted = [_told(item, setup, name, found) for name, found in sorted(agreement.drift.items())]
    return drifted + _accepted(item, setup)


def policy_of(name: str, setup: Setup) -> str:
    """Return what the tenant has chosen for a field; `fixed` where nobody chooses."""
    return "fixed" if name in FIXED else setup.policy.drift_policy(name).value


def by_shown(by: ChangedBy | None) -> dict[str, Any] | None:
    """Return who changed something, None when HubSpot's log does not tell."""
    return None if by is None else {"actor": by.actor, "at": moment(by.at), "how": by.how}


def _told(item: WorkItem, setup: Setup, name: str, found: Drift) -> dict[str, Any]:
    policy = policy_of(name, setup)
    asked = enforce_of(name, found.value) in item.delivery.approvals
    becomes = DriftPolicy.ENFORCE.value if asked else policy
    return {
        "field": name,
        "agreed": found.confirmed,
        "at_hubspot": found.at_hubspot,
        "policy": policy,
        "becomes": becomes,
        "since": moment(found.since),
        "by": by_shown(found.by),
        "sentence": _sentence(name, found, becomes),
    }


def _accepted(item: WorkItem, setup: Setup) -> list[dict[str, Any]]:
    if item.known is None or setup.account is None:
        return []
    now, told = values_at_hubspot(item.known), []
    for name, wish in sorted(item.delivery.agreement.accepted.items()):
        if now.get(name, wish) == wish:
            continue
        agreed, there = shown(name, wish, setup.account), shown(name, now[name], setup.account)
        told.append(
            {
                "field": name,
                "agreed": agreed,
                "at_hubspot": there,
                "policy": policy_of(name, setup),
                "becomes": DriftPolicy.ACCEPT.value,
                "since": None,
                "by": None,
                "sentence": f"{_values(name, there, agreed)} Accepted: {_BECOMES['accept']}.",
            }
        )
    return told


def _sentence(name: str, found: Drift, becomes: str) -> str:
    by = "it is not known by whom" if found.by is None else f"by {found.by.actor or found.by.how}"
    when = "" if found.by is None or found.by.at is None else f" at {moment(found.by.at)}"
    return (
        f"{_values(name, found.at_hubspot, found.confirmed)} Changed{when}, {by}; found at {moment(found.since)}. "
        f"{becomes.capitalize()}: {_BECOMES[becomes]}."
    )


def _values(name: str, there: str | None, agreed: str | None) -> str:
    return f"{name}: HubSpot has {there or 'none'}, agreed was {agreed or 'none'}."
