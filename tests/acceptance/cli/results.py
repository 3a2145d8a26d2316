"""What operations answer, as the command line is shown it."""

from __future__ import annotations

from typing import Any

POLICY: dict[str, Any] = {
    "deactivated": "deactivate",
    "deleted": None,
    "strip_to": None,
    "email_from": "userName",
    "welcome_email": False,
    "match_role_names": True,
    "domains": [],
    "create_users": True,
    "update_users": True,
    "deactivate_users": True,
}
RULE: dict[str, Any] = {
    "id": "r1",
    "position": 1,
    "when": "group = Sales",
    "group": "01a2",
    "sets": {
        "permission_set": "Manager",
        "primary_team": "Sales",
        "secondary_teams": ["North", "South"],
        "seat": "Core",
    },
}
CHECK: dict[str, Any] = {
    "portal_id": 4711,
    "account_type": "STANDARD",
    "permission_sets": [{"id": "1", "name": "Sales User", "paid": False}],
    "teams": [{"id": "7", "name": "Sales"}],
    "users": 12,
    "limit": {"max": 190, "interval_ms": 10_000, "allowance": 171},
    "channels": [{"channel": "api", "ok": True, "can": ["create"], "cannot": ["deactivate"]}],
    "missing": ["The scope settings.users.write is missing."],
    "calls_spent": 5,
}
QUARANTINED: dict[str, Any] = {
    "health": "quarantined",
    "since": "2026-11-20T08:00:00Z",
    "trouble": "HubSpot is away.",
    "fix": "connection resume acme",
    "next_probe_at": "2026-11-21T09:00:00Z",
}
HISTORY: dict[str, Any] = {
    "missing": ["Teams cannot be read."],
    "history": [{"at": "2026-11-20T08:00:00Z", "what": "quarantined", "summary": "For a day."}],
}
NOTICE: dict[str, Any] = {
    "kind": "connection.quarantined",
    "title": "the connection to HubSpot is quarantined",
    "says": "It fails.",
    "fix": "Look at it.",
    "raised_at": "2026-11-20T08:00:00Z",
    "told_at": "2026-11-20T08:00:00Z",
    "ended_at": None,
}
SUBSCRIPTION = {"id": "s1", "channel": "email", "address": "it@example.com"}
EVENT: dict[str, Any] = {
    "seq": 9,
    "at": "2026-11-21T08:00:00Z",
    "correlation_id": "c1",
    "kind": "scim.create",
    "subject": "anna@example.com",
    "summary": "created",
    "detail": {"rules": ["r1"]},
}
PERSON: dict[str, Any] = {
    "user_id": "u1",
    "user_name": "anna@example.com",
    "email": "anna@example.com",
    "kind": "adopt",
    "permission_set": "Manager",
    "primary_team": "Sales",
    "secondary_teams": [],
    "seat": "Core",
    "differences": [{"field": "primary_team", "before": None, "after": "=Sales()"}],
    "welcome_email": False,
    "reasons": ["rule r1: role = Manager"],
    "verdict": "hold",
    "hold": {"reason": "plan", "sentence": "The plan is not approved yet.", "release": "Approve it."},
    "held_as": "waiting",
    "approved": False,
}
PLAN: dict[str, Any] = {
    "mode": "plan",
    "counts": {"create": 0, "adopt": 1, "held": 1},
    "held": [{"reason": "plan", "sentence": "The plan is not approved yet.", "count": 1}],
    "fields": {"primary_team": 1},
    "held_as": {"ignored": 0, "protected": 0, "waiting": 1},
    "leaving": {"people": 8, "threshold": 5, "staged": 3},
    "seats": [{"seat": "Core", "needed": 3, "remaining": 1, "waiting": 2}],
    "emails_sent": 0,
    "near_misses": [{"role": "manager", "permission_set": "Manager", "count": 3}],
    "people": [PERSON],
    "next": None,
    "fingerprint": "7-0123456789abcdef",
    "read_at": "2026-11-21T08:00:00Z",
    "approved_at": None,
}
SIDE = {
    name: PERSON[name]
    for name in (
        "kind",
        "permission_set",
        "primary_team",
        "secondary_teams",
        "seat",
        "differences",
        "reasons",
    )
} | {"verdict": "send", "hold": None}
PREVIEW: dict[str, Any] = {
    "mode": "live",
    "would_change": 14,
    "sentence": "would change 14 people, 1 to a privileged set",
    "fingerprint": "7-0123456789abcdef",
    "people": [
        {"user_id": "u1", "user_name": "anna", "email": "anna@example.com", "before": SIDE, "after": SIDE}
    ],
}
WHY: dict[str, Any] = {
    "identity_provider": {"sentence": "anna is active.", "active": True, "roles": [], "groups": []},
    "hubspot": {"sentence": "Nobody of this address."},
    "difference": {"sentence": "email: none → anna@example.com.", "fields": []},
    "drift": {"sentence": "Nothing was changed at HubSpot by others.", "fields": []},
    "rules": [
        {"id": "r1", "position": 1, "when": "role = Manager", "result": "won", "because": "rule r1 sets it"}
    ],
    "placement": {
        "reasons": [{"output": "permission set", "source": "rule:r1", "won": True, "text": "sets 'Manager'"}],
        "near_misses": [{"role": "manager", "meant": "Manager", "sentence": "The role is almost it."}],
    },
    "held": PERSON["hold"],
    "next": {"sentence": "Nothing, until it is approved.", "at": None},
    "timeline": [
        {
            "correlation_id": "c1",
            "at": "2026-11-21T08:00:00Z",
            "request": "POST /Users",
            "dialect_rules": ["entra:operation-case"],
            "steps": [{"seq": 9, "kind": "user.created", "summary": "User anna created"}],
            "calls": [{"channel": "api", "purpose": "users.create", "status": 201}],
        }
    ],
}
RESULTS: dict[str, Any] = {
    "tenant.create": {"id": "t1", "name": "acme", "mode": "collecting", "scim_base_url": "https://s/scim/v2"},
    "tenant.list": {
        "tenants": [
            {"id": "t1", "name": "acme", "mode": "live", "users": 3, "groups": 1, "backlog": 2, "held": 0}
        ]
    },
    "tenant.show": {
        "id": "t1",
        "name": "acme",
        "mode": "live",
        "scim_base_url": "https://s/scim/v2",
        "policy": POLICY,
        "connection": {"portal_id": 4711, **QUARANTINED},
        "counts": {"users": 3, "groups": 1},
        "deliveries": {"in_step": 1, "waiting": 2, "retrying": 0, "held": 1},
        "held": PLAN["held"],
        "plan_approved_at": None,
        "plan_approved_by": None,
        "last_contact_at": None,
    },
    "tenant.mode": {"mode": "live", "message": "acme is live."},
    "token.create": {
        "token": "syncline_abcdefghij_secret",
        "token_id": "abcdefghij",
        "scim_base_url": "https://s/scim/v2",
        "expires_at": None,
    },
    "token.list": {
        "tokens": [
            {
                "token_id": "abcdefghij",
                "description": "Entra",
                "created_at": "2026-11-21T08:00:00Z",
                "expires_at": None,
                "revoked_at": None,
                "last_used_at": None,
            }
        ]
    },
    "token.revoke": {},
    "connection.set": CHECK,
    "connection.check": CHECK,
    "connection.show": {"base_url": "https://api.hubapi.com", "portal_id": 4711, **QUARANTINED, **HISTORY},
    "connection.resume": {"base_url": "https://api.hubapi.com", **QUARANTINED, **HISTORY},
    "notice.list": {
        "notices": [NOTICE, {**NOTICE, "title": "leavers are staged", "ended_at": "2026-11-22T08:00:00Z"}],
        "subscriptions": [SUBSCRIPTION],
        "undelivered": [
            {"address": "it@example.com", "attempts": 3, "next_try_at": None, "error": "The server was away."}
        ],
    },
    "notice.subscribe": {**SUBSCRIPTION, "secret": "whsec_c2VjcmV0"},
    "notice.unsubscribe": SUBSCRIPTION,
    "notice.test": {"sent": [{**SUBSCRIPTION, "error": None}]},
    "policy.set": POLICY,
    "policy.show": POLICY,
    "rule.add": RULE,
    "rule.list": {"rules": [RULE], "default_permission_set": "Sales User", "match_role_names": True},
    "rule.move": {"id": "r1", "position": 2},
    "rule.remove": {},
    "role.default": {"default_permission_set": "Sales User"},
    "protect.add": {},
    "protect.list": {
        "protected": [
            {
                "email": "boss@example.com",
                "reason": "owner",
                "by": "cli:anna",
                "since": "2026-11-21T08:00:00Z",
                "until": None,
                "expired": False,
            }
        ]
    },
    "protect.remove": {"email": "boss@example.com", "protected": False},
    "plan.show": PLAN,
    "roles.seen": {
        "role_rules": 3,
        "roles_received": 0,
        "expression": {"name": "AppRoleAssignmentsComplex", "only_adds": True, "meaning": "Only added."},
        "findings": ["3 role rules, 0 roles received: add the role expression in Entra."],
        "roles": [{"role": "manager", "people": 3, "matched_by": None, "did_you_mean": "Manager"}],
        "groups": [{"id": "g1", "display_name": "Sales", "members": 2, "matched_by": None}],
        "next": "manager",
        "next_group": None,
    },
    "roles.attributes": {
        "looked_at": 3,
        "attributes": [{"attribute": "department", "values": [{"value": "Legal", "people": 2}]}],
    },
    "plan.people": {"people": [PERSON], "next": None},
    "plan.preview": PREVIEW,
    "plan.deliver": {**PERSON, "state": "in-step", "last_error": None, "hold": None},
    "plan.approve": {
        "approved_at": "2026-11-21T08:00:00Z",
        "approved_by": "cli:anna",
        "counts": {"adopt": 1},
        "pending": 0,
    },
    "users.list": {
        "users": [
            {
                "id": "u1",
                "user_name": "anna@example.com",
                "email": "anna@example.com",
                "active": True,
                "state": "held",
                "hold": PERSON["hold"],
            }
        ],
        "next": "cursor2",
    },
    "users.show": {
        "id": "u1",
        "user_name": "anna@example.com",
        "email": "anna@example.com",
        "scim": {"userName": "anna@example.com", "emails": [{"value": "anna@example.com"}]},
        "hubspot": None,
        "exception": None,
        "delivery": {"state": "held"},
        "decision": PERSON,
        "why": WHY,
        "events": [EVENT],
    },
    "groups.list": {"groups": [{"id": "g1", "display_name": "Sales", "members": 2}], "next": None},
    "groups.show": {"id": "g1", "display_name": "Sales", "members": [{"value": "u1", "display": "Anna"}]},
    "events.list": {"events": [EVENT], "next": None},
    "events.show": EVENT,
}
