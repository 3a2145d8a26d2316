"""Accounts, what they hold, their users, their credentials and apps, what SCIM says of them, and logs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
phase = "pre"


def upgrade() -> None:
    op.create_table(
        "sequences",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sequences"),
    )
    op.create_table(
        "accounts",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("name_key", sa.String, nullable=False),
        sa.Column("account_type", sa.String, nullable=False),
        sa.Column("tier", sa.String, nullable=False),
        sa.Column("sso", sa.Boolean, nullable=False),
        sa.Column("role_sync", sa.Boolean, nullable=False),
        sa.Column("invites", sa.String, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("currency", sa.String, nullable=False),
        sa.Column("flags", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", name="pk_accounts"),
    )
    op.create_index("ux_accounts_name_key", "accounts", ["name_key"], unique=True)
    op.create_table(
        "domains",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("domain", sa.String, nullable=False),
        sa.Column("verified_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "domain", name="pk_domains"),
    )
    op.create_table(
        "permission_sets",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("paid", sa.Boolean, nullable=False),
        sa.Column("super_admin", sa.Boolean, nullable=False),
        sa.Column("seat", sa.String),
        sa.PrimaryKeyConstraint("portal_id", "id", name="pk_permission_sets"),
    )
    op.create_table(
        "teams",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("parent_id", sa.String),
        sa.PrimaryKeyConstraint("portal_id", "id", name="pk_teams"),
    )
    op.create_table(
        "seats",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("description", sa.String, nullable=False),
        sa.Column("purchased", sa.Integer),
        sa.Column("used", sa.Integer, nullable=False),
        sa.Column("releasing", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "name", name="pk_seats"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("portal_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("client_id", sa.String),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
    )
    op.create_index("ix_tokens_portal_id_client_id", "tokens", ["portal_id", "client_id"])
    op.create_table(
        "apps",
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("portal_id", sa.BigInteger, nullable=False),
        sa.Column("app_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("secret_id", sa.String, nullable=False),
        sa.Column("redirect_uris", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("optional_scopes", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("client_id", name="pk_apps"),
    )
    op.create_index("ix_apps_portal_id", "apps", ["portal_id"])
    op.create_table(
        "installs",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("installed_at", sa.BigInteger, nullable=False),
        sa.Column("uninstalled_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("portal_id", "client_id", name="pk_installs"),
    )
    op.create_table(
        "oauth_codes",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("portal_id", sa.BigInteger, nullable=False),
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("redirect_uri", sa.String, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("challenge", sa.String),
        sa.Column("challenge_method", sa.String),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_oauth_codes"),
    )
    op.create_index("ix_oauth_codes_portal_id_client_id", "oauth_codes", ["portal_id", "client_id"])
    op.create_table(
        "identities",
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("email_key", sa.String, nullable=False),
        sa.Column("password", sa.String),
        sa.PrimaryKeyConstraint("user_id", name="pk_identities"),
    )
    op.create_index("ux_identities_email_key", "identities", ["email_key"], unique=True)
    op.create_table(
        "account_users",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.BigInteger, nullable=False),
        sa.Column("record_id", sa.BigInteger, nullable=False),
        sa.Column("scim_id", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("first_name", sa.String),
        sa.Column("last_name", sa.String),
        sa.Column("permission_set_ids", sa.Text, nullable=False),
        sa.Column("primary_team_id", sa.String),
        sa.Column("secondary_team_ids", sa.Text, nullable=False),
        sa.Column("seat_names", sa.Text, nullable=False),
        sa.Column("super_admin", sa.Boolean, nullable=False),
        sa.Column("scim", sa.String, nullable=False),
        sa.Column("accepts_at", sa.BigInteger),
        sa.Column("deactivated_at", sa.BigInteger),
        sa.Column("removed_at", sa.BigInteger),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "user_id", name="pk_account_users"),
    )
    op.create_index("ix_account_users_super_admin", "account_users", ["portal_id", "super_admin"])
    op.create_index("ix_account_users_user_id", "account_users", ["user_id"])
    op.create_index("ux_account_users_owner_id", "account_users", ["portal_id", "owner_id"], unique=True)
    op.create_index("ux_account_users_record_id", "account_users", ["portal_id", "record_id"], unique=True)
    op.create_index("ux_account_users_scim_id", "account_users", ["portal_id", "scim_id"], unique=True)
    # The last one: of two indexes that seem equally good SQLite takes the one made later.
    op.create_index(
        "ix_account_users_deactivated",
        "account_users",
        ["portal_id", "owner_id"],
        sqlite_where=sa.text("deactivated_at IS NOT NULL"),
    )
    op.create_table(
        "scim_resources",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("external_id", sa.String),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "user_id", name="pk_scim_resources"),
    )
    op.create_index("ix_scim_resources_external_id", "scim_resources", ["portal_id", "external_id"])
    op.create_table(
        "crm_properties",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("properties", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "user_id", name="pk_crm_properties"),
    )
    op.create_table(
        "activities",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("acting_user_id", sa.BigInteger),
        sa.Column("object_id", sa.String),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "id", name="pk_activities"),
    )
    op.create_table(
        "logins",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("succeeded", sa.Boolean, nullable=False),
        sa.Column("address", sa.String),
        sa.Column("user_agent", sa.String),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "id", name="pk_logins"),
    )
    op.create_table(
        "faults",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "id", name="pk_faults"),
    )
