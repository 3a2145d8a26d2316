"""How services show what they return: moments as RFC 3339 text, permission sets and teams by name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import Account
from syncline.gateway.domain.crm import CrmAttribute
from syncline.gateway.domain.drift import CHOSEN
from syncline.gateway.domain.health import what_helps
from syncline.gateway.domain.holds import HOLDS, HoldReason
from syncline.gateway.domain.rules import Rule, RuleKind
from syncline.gateway.domain.tenant import Policy
from syncline.gateway.services.ports import Connection


def people_counted(count: int) -> str:
    """Return a number of people in words."""
    return "1 person" if count == 1 else f"{count} people"


def moment(at: Milliseconds | None) -> str | None:
    """Return a moment as RFC 3339 text in UTC, None for none."""
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def health_shown(connection: Connection, tenant: str) -> dict[str, Any]:
    """Return how a connection is: since when, why, what helps, and when it is tried next by itself."""
    health = connection.health
    remedy = what_helps(health, connection.trouble)
    return {
        "health": health.value,
        "since": moment(connection.health_since),
        "trouble": connection.trouble_detail,
        "fix": None if remedy is None else remedy.about(tenant).in_commands,
        "next_probe_at": moment(connection.probe_at),
    }


def hold_shown(reason: str | None, detail: str | None) -> dict[str, Any] | None:
    """Return a hold with its sentence and what releases it, None for none."""
    if reason is None:
        return None
    text = HOLDS[HoldReason(reason)]
    sentence = f"{text.sentence} {detail or ''}".rstrip()
    return {"reason": str(reason), "sentence": sentence, "release": text.release.in_commands}


def holds_counted(held: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return how many are held for which reason, the most frequent first."""
    return [
        {
            "reason": reason,
            "sentence": HOLDS[HoldReason(reason)].sentence,
            "release": HOLDS[HoldReason(reason)].release.in_commands,
            "count": count,
        }
        for reason, count in sorted(held.items(), key=lambda each: (-each[1], each[0]))
    ]


def set_name(account: Account | None, permission_set_id: str | None) -> str | None:
    """Return the name of a permission set, its id when the account no longer has it."""
    if permission_set_id is None or account is None:
        return permission_set_id
    return account.permission_set_name(permission_set_id)


def team_name(account: Account | None, team_id: str | None) -> str | None:
    """Return the name of a team, its id when the account no longer has it, None for no team."""
    if not team_id or account is None:
        return team_id or None
    return account.team_name(team_id)


def policy_shown(policy: Policy, account: Account | None) -> dict[str, Any]:
    """Return a policy as people set it."""
    return {
        "deactivated": None if policy.deactivated is None else policy.deactivated.value,
        "deleted": None if policy.deleted is None else policy.deleted.value,
        "strip_to": set_name(account, policy.strip_to),
        "email_from": policy.email_from.value,
        "welcome_email": policy.welcome_email,
        "match_role_names": policy.match_role_names,
        "default_permission_set": set_name(account, policy.default_permission_set),
        "domains": list(policy.domains),
        "create_users": policy.create_users,
        "update_users": policy.update_users,
        "deactivate_users": policy.deactivate_users,
        "deletion_threshold": policy.deletion_threshold,
        "identity_provider": None if policy.identity_provider is None else policy.identity_provider.value,
        "approval_days": policy.approval_days,
        "four_eyes": policy.four_eyes,
        "crm_attributes": {each.value: each.value in policy.crm_attributes for each in CrmAttribute},
        "drift": {each.value: policy.drift_policy(each.value).value for each in CHOSEN},
    }


def rule_shown(rule: Rule, account: Account | None) -> dict[str, Any]:
    """Return a rule in words, with what it sets by name; `group` is the id of the group it looks at, if any."""
    return {
        "id": rule.id,
        "position": rule.position,
        "when": rule.when,
        "group": rule.match if rule.kind is RuleKind.GROUP else None,
        "sets": {
            "permission_set": set_name(account, rule.permission_set_id),
            "primary_team": team_name(account, rule.primary_team_id),
            "secondary_teams": [team_name(account, each) for each in rule.secondary_team_ids],
            "seat": rule.seat,
        },
    }
