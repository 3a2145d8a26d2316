"""Accounts, what they hold, their users, and what SCIM says of them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


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
        sa.PrimaryKeyConstraint("portal_id", "id", name="pk_permission_sets"),
    )
    op.create_table(
        "teams",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "id", name="pk_teams"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String, nullable=False),
        sa.Column("portal_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
    )
    op.create_index("ix_tokens_portal_id", "tokens", ["portal_id"])
    op.create_table(
        "identities",
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("email_key", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_identities"),
    )
    op.create_index("ux_identities_email_key", "identities", ["email_key"], unique=True)
    op.create_table(
        "account_users",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.BigInteger, nullable=False),
        sa.Column("scim_id", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("first_name", sa.String),
        sa.Column("last_name", sa.String),
        sa.Column("permission_set_ids", sa.Text, nullable=False),
        sa.Column("primary_team_id", sa.String),
        sa.Column("secondary_team_ids", sa.Text, nullable=False),
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
    op.create_index("ix_account_users_user_id", "account_users", ["user_id"])
    op.create_index("ux_account_users_scim_id", "account_users", ["portal_id", "scim_id"], unique=True)
    op.create_index("ux_account_users_owner_id", "account_users", ["portal_id", "owner_id"], unique=True)
    op.create_index("ix_account_users_super_admin", "account_users", ["portal_id", "super_admin"])
    op.create_table(
        "scim_resources",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("external_id", sa.String),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "user_id", name="pk_scim_resources"),
    )
    op.create_index("ix_scim_resources_external_id", "scim_resources", ["portal_id", "external_id"])
