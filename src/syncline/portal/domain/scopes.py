"""Scopes of access tokens, as far as the portal serves the calls they open."""

from __future__ import annotations

READ_USERS = ("settings.users.read", "crm.objects.users.read")
WRITE_USERS = ("settings.users.write", "crm.objects.users.write")
READ_TEAMS = ("settings.users.teams.read",)
WRITE_TEAMS = ("settings.users.teams.write",)
READ_OWNERS = ("crm.objects.owners.read", "automation")
READ_RECORDS = ("crm.objects.users.read",)
WRITE_RECORDS = ("crm.objects.users.write",)
READ_ACTIVITY = ("account-info.security.read",)
BILLING = "settings.billing.write"
OAUTH = "oauth"
DEVELOPER = "developer.projects.write"
"""Carried by the tokens of HubSpot's command line only; no app can ask for it."""

DEFAULT_SCOPES = (
    "account-info.security.read",
    "crm.objects.owners.read",
    "crm.objects.users.read",
    "crm.objects.users.write",
    OAUTH,
    "settings.users.read",
    "settings.users.teams.read",
    "settings.users.teams.write",
    "settings.users.write",
)
"""What the access token of a new account carries; paid seats need `settings.billing.write` besides."""

IN_WORDS = {
    "account-info.security.read": "See the account's sign-ins, security history and audit log",
    "automation": "Use the account's automation tools",
    "crm.objects.owners.read": "See who owns CRM records",
    "crm.objects.users.read": "See users and their CRM records",
    "crm.objects.users.write": "Create, change and remove users and their CRM records",
    OAUTH: "Know which account this is, and be used with it",
    BILLING: "Assign paid seats, which may change what the account is billed",
    "settings.users.read": "See users, their permission sets and seats",
    "settings.users.teams.read": "See teams and their members",
    "settings.users.teams.write": "Create, change and remove teams and their members",
    "settings.users.write": "Create, change and remove users, and choose their permission sets and teams",
}
"""Each scope as the consent page words it."""

KNOWN_SCOPES = frozenset(IN_WORDS)
