"""The portal's tables.

What belongs to an account has `portal_id` first in its primary key. Five tables do not: `identities`,
because a HubSpot user is one identity across accounts; `tokens` and `oauth_codes`, because a credential is
what names the account; `apps`, which any account may install; and `sequences`. Moments are milliseconds
since the epoch; lists and flags are JSON text.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"},
)

sequences = Table(
    "sequences",
    metadata,
    Column("name", String, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
"""The last number given out, by kind of thing."""

accounts = Table(
    "accounts",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False),
    Column("account_type", String, nullable=False),
    Column("tier", String, nullable=False),
    Column("sso", Boolean, nullable=False),
    Column("role_sync", Boolean, nullable=False),
    Column("invites", String, nullable=False),
    Column("time_zone", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("flags", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seats_pricing", Boolean, nullable=False, server_default=false()),
    Index("ux_accounts_name_key", "name_key", unique=True),
    info={"lookups": [("name_key",)]},
)

domains = Table(
    "domains",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("domain", String, primary_key=True),
    Column("verified_at", BigInteger, nullable=False),
)
"""The verified e-mail domains of an account."""

domain_claims = Table(
    "domain_claims",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("domain", String, primary_key=True),
    Column("value", String, nullable=False),
    Column("state", String, nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
    Column("since", BigInteger),
    Column("next_look_at", BigInteger),
    Column("looked_at", BigInteger),
    Column("looks", Text, nullable=False),
    Index("ix_domain_claims_next_look_at", "next_look_at"),
)
"""Domains to be proven by a TXT record, and what the last look in the DNS found, as JSON.

A verified one is in `domains` too; one in `domains` alone was verified by hand and never lapses.
"""

permission_sets = Table(
    "permission_sets",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("paid", Boolean, nullable=False),
    Column("super_admin", Boolean, nullable=False),
    Column("seat", String),
)
"""`seat` names the paid seat a set carries."""

teams = Table(
    "teams",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("parent_id", String),
)

seats = Table(
    "seats",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String, primary_key=True),
    Column("description", String, nullable=False),
    Column("purchased", Integer),
    Column("used", Integer, nullable=False),
    Column("releasing", Text, nullable=False),
)
"""Seats by kind: how many were bought (null: as many as needed), how many count, and when others were freed."""

tokens = Table(
    "tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("portal_id", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("client_id", String),
    Column("user_id", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("sealed", Text),
    Index("ix_tokens_portal_id_client_id", "portal_id", "client_id"),
    info={"lookups": [("portal_id",), ("portal_id", "client_id")]},
)
"""Credentials; `id` is a fingerprint. What is shown again (a project app's token) is `sealed`, the rest is nowhere.

`client_id` is the app of an app's token, `user_id` who granted it or made it.
"""

apps = Table(
    "apps",
    metadata,
    Column("client_id", String, primary_key=True),
    Column("portal_id", BigInteger, nullable=False),
    Column("app_id", BigInteger, nullable=False),
    Column("name", String, nullable=False),
    Column("secret_id", String, nullable=False),
    Column("redirect_uris", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("optional_scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("project_id", BigInteger),
    Column("uid", String),
    Index("ix_apps_portal_id", "portal_id"),
    info={"lookups": [("portal_id",)]},
)
"""Developer apps: `portal_id` is the account that registered one, `secret_id` its secret's fingerprint.

The app of a deployed project has the project's id and its own uid in it.
"""

installs = Table(
    "installs",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("client_id", String, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("installed_at", BigInteger, nullable=False),
    Column("uninstalled_at", BigInteger),
)
"""Which account has which app, who granted it last, and what."""

oauth_codes = Table(
    "oauth_codes",
    metadata,
    Column("id", String, primary_key=True),
    Column("portal_id", BigInteger, nullable=False),
    Column("client_id", String, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("redirect_uri", String, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("challenge", String),
    Column("challenge_method", String),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index("ix_oauth_codes_portal_id_client_id", "portal_id", "client_id"),
    info={"lookups": [("portal_id",), ("portal_id", "client_id")]},
)
"""Authorization codes by fingerprint."""

identities = Table(
    "identities",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("email", String, nullable=False),
    Column("email_key", String, nullable=False),
    Column("password", String),
    Index("ux_identities_email_key", "email_key", unique=True),
    info={"lookups": [("email_key",)]},
)
"""One row per e-mail address that was ever a HubSpot user; never deleted, so an id returns with its e-mail.

`password` is a salted hash (`domain.passwords`), null for somebody who cannot sign in.
"""

account_users = Table(
    "account_users",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("scim_id", String, nullable=False),
    Column("email", String, nullable=False),
    Column("first_name", String),
    Column("last_name", String),
    Column("permission_set_ids", Text, nullable=False),
    Column("primary_team_id", String),
    Column("secondary_team_ids", Text, nullable=False),
    Column("seat_names", Text, nullable=False),
    Column("super_admin", Boolean, nullable=False),
    Column("scim", String, nullable=False),
    Column("accepts_at", BigInteger),
    Column("deactivated_at", BigInteger),
    Column("removed_at", BigInteger),
    Column("revision", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("ix_account_users_user_id", "user_id"),
    Index("ux_account_users_scim_id", "portal_id", "scim_id", unique=True),
    Index("ux_account_users_owner_id", "portal_id", "owner_id", unique=True),
    Index("ux_account_users_record_id", "portal_id", "record_id", unique=True),
    Index("ix_account_users_super_admin", "portal_id", "super_admin"),
    Index(
        "ix_account_users_deactivated",
        "portal_id",
        "owner_id",
        sqlite_where=text("deactivated_at IS NOT NULL"),
    ),
    info={
        "lookups": [
            ("user_id",),
            ("portal_id", "scim_id"),
            ("portal_id", "record_id"),
            ("portal_id", "super_admin"),
        ]
    },
)
"""A person in an account. The e-mail is the identity's, repeated so that a page of users is one look."""

scim_resources = Table(
    "scim_resources",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("external_id", String),
    Column("document", Text, nullable=False),
    Index("ix_scim_resources_external_id", "portal_id", "external_id"),
)
"""What SCIM last said of a managed user: the canonical document."""

crm_properties = Table(
    "crm_properties",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("properties", Text, nullable=False),
)
"""What was written to a user's CRM record, as JSON."""

activities = Table(
    "activities",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("type", String, nullable=False),
    Column("acting_user_id", BigInteger),
    Column("object_id", String),
    Column("at", BigInteger, nullable=False),
)
"""What happened in an account, as its security and audit logs tell it."""

logins = Table(
    "logins",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, nullable=False),
    Column("email", String, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Column("address", String),
    Column("user_agent", String),
    Column("at", BigInteger, nullable=False),
)
"""Who signed in, or tried to."""

faults = Table(
    "faults",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("rule", Text, nullable=False),
)
"""Faults ordered for an account, as JSON (`faults.order`)."""

projects = Table(
    "projects",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("deployed_build_id", Integer),
    Column("last_build_id", Integer, nullable=False),
    Column("last_deploy_id", Integer, nullable=False),
    Index("ux_projects_name", "portal_id", "name", unique=True),
    info={"lookups": [("portal_id", "name")]},
)
"""Developer projects, and the last number given to a build and a deploy of each."""

builds = Table(
    "builds",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("platform_version", String, nullable=False),
    Column("message", Text, nullable=False),
    Column("components", Text, nullable=False),
    Column("warnings", Text, nullable=False),
    Column("auto_deploy", Boolean, nullable=False),
    Column("deploy_id", Integer, nullable=False),
    Column("user_id", BigInteger),
    Column("created_at", BigInteger, nullable=False),
)
"""Uploads and what they were built into."""

archives = Table(
    "archives",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("build_id", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)
"""The zip of each build as it came; apart from `builds`, so that listing those stays cheap."""

deploys = Table(
    "deploys",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("project_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("build_id", Integer),
    Column("components", Text, nullable=False),
    Column("logs", Text, nullable=False),
    Column("user_id", BigInteger),
    Column("created_at", BigInteger, nullable=False),
)
"""Builds put to work; one without a build took everything away."""

scim_apps = Table(
    "scim_apps",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("project_id", BigInteger, nullable=False),
    Column("uid", String, nullable=False),
    Column("role_sync", Boolean),
)
"""The one SCIM app an account may have: its key is the limit. `role_sync` is null until it is deployed."""
