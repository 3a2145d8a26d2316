"""Every endpoint of the admin API: method, path, operation. One that is not here does not exist.

To add one: an operation in `services/operations`, its permission in `services/permissions`, a row here.
"""

from __future__ import annotations

from typing import Final

from syncline.gateway.web.api.endpoint import Endpoint

_T = "/tenants/{tenant}"

ENDPOINTS: Final = (
    Endpoint("GET", "/tenants", "tenant.list", "List the tenants the key may see"),
    Endpoint("POST", "/tenants", "tenant.create", "Create a tenant", 201),
    Endpoint("GET", _T, "tenant.show", "Show a tenant"),
    Endpoint("POST", f"{_T}/mode", "tenant.mode", "Set a tenant to plan or live"),
    Endpoint("GET", f"{_T}/tokens", "token.list", "List SCIM tokens, without their secrets"),
    Endpoint("POST", f"{_T}/tokens", "token.create", "Make a SCIM token; its secret is shown once", 201),
    Endpoint("DELETE", f"{_T}/tokens/{{token_id}}", "token.revoke", "Revoke a SCIM token"),
    Endpoint("GET", f"{_T}/users", "users.list", "List people and where each of them stands"),
    Endpoint(
        "GET", f"{_T}/users/{{user}}", "users.show", "Show one person, with the decision and its reasons"
    ),
    Endpoint("GET", f"{_T}/groups", "groups.list", "List groups"),
    Endpoint("GET", f"{_T}/groups/{{group}}", "groups.show", "Show one group with its members"),
    Endpoint("GET", f"{_T}/events", "events.list", "Read the provisioning log, newest first"),
    Endpoint("GET", f"{_T}/events/{{seq}}", "events.show", "Show one event with the calls it led to"),
    Endpoint("GET", f"{_T}/rules", "rule.list", "List rules in their order"),
    Endpoint("GET", f"{_T}/policy", "policy.show", "Show the tenant's policy"),
    Endpoint("GET", f"{_T}/approvals", "approvals.list", "List privileged grants that wait"),
    Endpoint("POST", f"{_T}/approvals/grant", "approvals.grant", "Approve privileged grants"),
    Endpoint("GET", f"{_T}/leavers", "leavers.list", "List staged leavers"),
    Endpoint("POST", f"{_T}/leavers/release", "leavers.release", "Let staged leavers go"),
    Endpoint("POST", f"{_T}/leavers/keep", "leavers.keep", "Keep a leaver until a date"),
    Endpoint("POST", f"{_T}/leavers/restore", "leavers.restore", "Give a leaver back what he has lost"),
    Endpoint("GET", f"{_T}/leavers/gone", "leavers.gone", "List who has lost access within the last day"),
    Endpoint("GET", f"{_T}/exceptions", "leavers.exceptions", "List leavers who are kept, and until when"),
    Endpoint("GET", f"{_T}/approvals/pending", "approvals.pending", "List what waits for a second person"),
    Endpoint("GET", "/operators", "operator.list", "List operators and open invitations"),
    Endpoint("GET", "/api-keys", "api_key.list", "List API keys, without their secrets"),
    Endpoint("POST", "/api-keys", "api_key.create", "Make an API key; its secret is shown once", 201),
    Endpoint("DELETE", "/api-keys/{key_id}", "api_key.revoke", "Revoke an API key"),
)
