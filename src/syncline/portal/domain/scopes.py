"""Scopes of access tokens, as far as the portal serves the calls they open."""

from __future__ import annotations

READ_USERS = ("settings.users.read", "crm.objects.users.read")
WRITE_USERS = ("settings.users.write", "crm.objects.users.write")
READ_TEAMS = ("settings.users.teams.read",)
READ_OWNERS = ("crm.objects.owners.read", "automation")
BILLING = "settings.billing.write"

DEFAULT_SCOPES = (
    "account-info.security.read",
    "crm.objects.owners.read",
    "crm.objects.users.read",
    "crm.objects.users.write",
    "oauth",
    "settings.users.read",
    "settings.users.teams.read",
    "settings.users.teams.write",
    "settings.users.write",
)
"""What the access token of a new account carries; paid seats need `settings.billing.write` besides."""

KNOWN_SCOPES = frozenset({*DEFAULT_SCOPES, "automation", BILLING})
