"""Every endpoint of the admin API: method, path, operation. One that is not here does not exist.

To add one: an operation in `services/operations`, its permission in `services/permissions`, a row here.
"""

from __future__ import annotations

from typing import Final

from syncline.gateway.web.api.endpoint import Endpoint

_T = "/tenants/{tenant}"
_CONNECTION = f"{_T}/connection"
_RULE = f"{_T}/rules/{{rule_id}}"
_USER = f"{_T}/users/{{user}}"
_PLAN = f"{_T}/plan"
_NOTICES = f"{_T}/notices"
_SET = f"{_T}/privileged-sets/{{permission_set}}"

_TENANTS = (
    Endpoint("GET", "/tenants", "tenant.page", "List the tenants the key may see, by name"),
    Endpoint("POST", "/tenants", "tenant.create", "Create a tenant", 201),
    Endpoint("GET", _T, "tenant.show", "Show a tenant with its counts"),
    Endpoint("PUT", f"{_T}/mode", "tenant.mode", "Set a tenant to plan or live"),
    Endpoint("DELETE", _T, "tenant.delete", "Delete a tenant with all that is stored of it"),
    Endpoint("GET", f"{_T}/audit", "audit.list", "Read who changed the set-up, newest first"),
)
_TOKENS = (
    Endpoint("GET", f"{_T}/tokens", "token.list", "List SCIM tokens, without their secrets"),
    Endpoint("POST", f"{_T}/tokens", "token.create", "Make a SCIM token; its secret is shown once", 201),
    Endpoint("DELETE", f"{_T}/tokens/{{token_id}}", "token.revoke", "Revoke a SCIM token"),
)
_CONNECTIONS = (
    Endpoint("GET", _CONNECTION, "connection.show", "Show the connection to HubSpot, without its secrets"),
    Endpoint("PUT", _CONNECTION, "connection.set", "Connect to a HubSpot account, after reading it whole"),
    Endpoint("DELETE", _CONNECTION, "connection.revoke", "Disconnect: end the credential and forget it"),
    Endpoint("POST", f"{_CONNECTION}/check", "connection.check", "Read the account again, and try channels"),
    Endpoint("POST", f"{_CONNECTION}/resume", "connection.resume", "Go on with a connection that is stopped"),
    Endpoint("POST", f"{_CONNECTION}/authorization", "connection.authorize", "Begin an OAuth consent", 201),
    Endpoint(
        "GET", f"{_CONNECTION}/authorization", "connection.authorization", "See what came of the consent"
    ),
)
_CHOICES = (
    Endpoint("GET", f"{_T}/policy", "policy.show", "Show the tenant's policy"),
    Endpoint("PATCH", f"{_T}/policy", "policy.set", "Change what is given of the policy"),
    Endpoint("PUT", f"{_T}/default-role", "role.default", "Set the default permission set"),
    Endpoint("GET", f"{_T}/rules", "rule.list", "List rules in their order"),
    Endpoint("POST", f"{_T}/rules", "rule.add", "Add a rule", 201),
    Endpoint("PUT", f"{_RULE}/position", "rule.move", "Move a rule to another position"),
    Endpoint("DELETE", _RULE, "rule.remove", "Remove a rule"),
    Endpoint("GET", f"{_T}/seats", "seats.list", "See the account's seats, and how many are free"),
    Endpoint("GET", f"{_T}/attributes", "roles.attributes", "See values of attributes that arrive"),
    Endpoint("GET", f"{_T}/roles", "roles.seen", "See roles and groups that arrive, and what matches them"),
    Endpoint("GET", f"{_T}/protected", "protect.list", "List protected people"),
    Endpoint("POST", f"{_T}/protected", "protect.add", "Protect a person", 201),
    Endpoint("DELETE", f"{_T}/protected/{{email}}", "protect.remove", "Lift a protection"),
    Endpoint("GET", f"{_T}/privileged-sets", "privileged.list", "List privileged permission sets"),
    Endpoint("PUT", _SET, "privileged.mark", "Mark a permission set as privileged"),
    Endpoint("DELETE", _SET, "privileged.unmark", "Take a mark away"),
    Endpoint("GET", f"{_T}/configuration", "config.export", "Export all choices as one document"),
    Endpoint("POST", f"{_T}/configuration/diff", "config.diff", "See what a document would change"),
    Endpoint("PUT", f"{_T}/configuration", "config.apply", "Have the choices be what a document says"),
)
_PEOPLE = (
    Endpoint("GET", f"{_T}/users", "users.list", "List people and where each of them stands"),
    Endpoint("GET", _USER, "users.show", "Show one person, with the decision and its reasons"),
    Endpoint("POST", f"{_USER}/release", "users.release", "Let somebody deactivated by others come back"),
    Endpoint("POST", f"{_USER}/deliver", "plan.deliver", "Deliver one person now"),
    Endpoint("GET", f"{_T}/groups", "groups.list", "List groups"),
    Endpoint("GET", f"{_T}/groups/{{group}}", "groups.show", "Show one group with its members"),
    Endpoint("POST", f"{_USER}/read", "users.read", "Read one person at HubSpot anew"),
    Endpoint("GET", f"{_T}/groups/{{group}}/members", "groups.members", "List a group's members"),
    Endpoint("GET", f"{_T}/adoptions", "adoptions.list", "List people whom no approved plan adopts"),
    Endpoint("POST", f"{_T}/adoptions/approve", "adoptions.approve", "Approve adoptions"),
    Endpoint("GET", f"{_T}/approvals", "approvals.list", "List privileged grants that wait"),
    Endpoint("POST", f"{_T}/approvals/grant", "approvals.grant", "Approve privileged grants"),
    Endpoint("GET", f"{_T}/leavers", "leavers.list", "List staged leavers"),
    Endpoint("POST", f"{_T}/leavers/release", "leavers.release", "Let staged leavers go"),
    Endpoint("POST", f"{_T}/leavers/keep", "leavers.keep", "Keep a leaver until a date"),
    Endpoint("POST", f"{_T}/leavers/restore", "leavers.restore", "Give a leaver back what he has lost"),
    Endpoint("GET", f"{_T}/leavers/gone", "leavers.gone", "List who has lost access within the last day"),
    Endpoint("GET", f"{_T}/exceptions", "leavers.exceptions", "List leavers who are kept, and until when"),
    Endpoint("POST", f"{_T}/exceptions/end", "leavers.end", "End an exception: the leaver goes"),
    Endpoint("GET", f"{_T}/approvals/given", "approvals.given", "List approvals, and until when they hold"),
    Endpoint("GET", f"{_T}/approvals/pending", "approvals.pending", "List what waits for a second person"),
)
_PLANS = (
    Endpoint("GET", _PLAN, "plan.show", "Decide about everybody, and count"),
    Endpoint("GET", f"{_PLAN}/people", "plan.people", "Read the plan person by person"),
    Endpoint("POST", f"{_PLAN}/draft", "plan.begin", "Have a plan made beside everything else"),
    Endpoint("GET", f"{_PLAN}/draft", "plan.latest", "Look at the plan made last, a page at a time"),
    Endpoint("POST", f"{_PLAN}/draft/approve", "plan.consent", "Agree to the plan made last"),
    Endpoint("POST", f"{_PLAN}/preview", "plan.preview", "See whom a change would move; nothing is saved"),
    Endpoint("POST", f"{_PLAN}/change", "plan.change", "Save a change, unless it moves people unseen"),
    Endpoint("POST", f"{_PLAN}/approve", "plan.approve", "Agree to the plan, or to a part of it"),
)
_DRIFT = (
    Endpoint(
        "POST", f"{_T}/reconciliation", "reconcile.run", "Read the account whole, and find what drifted"
    ),
    Endpoint("GET", f"{_T}/reconciliation", "reconcile.show", "See how far the last reading came"),
    Endpoint("GET", f"{_T}/drift", "drift.list", "List people of whom something drifted"),
    Endpoint("POST", f"{_USER}/drift/enforce", "drift.enforce", "Deliver again what is wanted"),
    Endpoint("POST", f"{_USER}/drift/accept", "drift.accept", "Let HubSpot's values stand"),
    Endpoint("GET", f"{_T}/orphans", "orphans.list", "List people at HubSpot nobody has told of"),
)
_LOGS = (
    Endpoint("GET", f"{_T}/events", "events.list", "Read the provisioning log, newest first"),
    Endpoint("GET", f"{_T}/events/{{seq}}", "events.show", "Show one event with the calls it led to"),
    Endpoint("GET", f"{_T}/reads", "events.reads", "Read what the identity provider asked for"),
    Endpoint("GET", _NOTICES, "notice.list", "List notices and who is told"),
    Endpoint("POST", f"{_NOTICES}/subscriptions", "notice.subscribe", "Tell an address about notices", 201),
    Endpoint(
        "DELETE", f"{_NOTICES}/subscriptions/{{subscription}}", "notice.unsubscribe", "End a subscription"
    ),
    Endpoint("POST", f"{_NOTICES}/test", "notice.test", "Send a test to everybody who is told"),
)
_OPERATORS = (
    Endpoint("GET", "/operators", "operator.list", "List operators and open invitations"),
    Endpoint("PUT", "/operators/{operator}/role", "operator.role", "Give an operator a role, or take it"),
    Endpoint("DELETE", "/operators/{operator}", "operator.remove", "Remove an operator"),
    Endpoint("POST", "/invitations", "operator.invite", "Invite somebody; the link is shown once", 201),
    Endpoint("DELETE", "/invitations/{invitation}", "operator.withdraw", "Withdraw an invitation"),
    Endpoint("POST", "/operators/{email}/link", "operator.link", "Make a link for a new password", 201),
    Endpoint("GET", "/api-keys", "api_key.list", "List API keys, without their secrets"),
    Endpoint("POST", "/api-keys", "api_key.create", "Make an API key; its secret is shown once", 201),
    Endpoint("DELETE", "/api-keys/{key_id}", "api_key.revoke", "Revoke an API key"),
)

SECTIONS: Final = {
    "Tenants": _TENANTS,
    "SCIM tokens": _TOKENS,
    "Connection to HubSpot": _CONNECTIONS,
    "Choices": _CHOICES,
    "People and groups": _PEOPLE,
    "Plans": _PLANS,
    "Drift": _DRIFT,
    "Logs and notices": _LOGS,
    "Operators and API keys": _OPERATORS,
}
"""The endpoints by what they are about, as the reference shows them."""

ENDPOINTS: Final = tuple(endpoint for rows in SECTIONS.values() for endpoint in rows)
