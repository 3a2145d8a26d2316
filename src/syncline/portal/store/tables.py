"""The portal's tables.

What belongs to an account has `portal_id` first in its primary key. Three tables do not: `identities`,
because a HubSpot user is one identity across accounts; `tokens`, because a token is what names the account;
and `sequences`. Moments are milliseconds since the epoch; lists and flags are JSON text.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

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

permission_sets = Table(
    "permission_sets",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("paid", Boolean, nullable=False),
    Column("super_admin", Boolean, nullable=False),
)

teams = Table(
    "teams",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("portal_id", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Index("ix_tokens_portal_id", "portal_id"),
    info={"lookups": [("portal_id",)]},
)
"""Credentials; `id` is a fingerprint, the credential itself is nowhere."""

identities = Table(
    "identities",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("email", String, nullable=False),
    Column("email_key", String, nullable=False),
    Index("ux_identities_email_key", "email_key", unique=True),
    info={"lookups": [("email_key",)]},
)
"""One row per e-mail address that was ever a HubSpot user; never deleted, so an id returns with its e-mail."""

account_users = Table(
    "account_users",
    metadata,
    Column("portal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("scim_id", String, nullable=False),
    Column("email", String, nullable=False),
    Column("first_name", String),
    Column("last_name", String),
    Column("permission_set_ids", Text, nullable=False),
    Column("primary_team_id", String),
    Column("secondary_team_ids", Text, nullable=False),
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
    Index("ix_account_users_super_admin", "portal_id", "super_admin"),
    info={"lookups": [("user_id",), ("portal_id", "scim_id"), ("portal_id", "super_admin")]},
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
