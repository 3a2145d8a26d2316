"""Developer projects: builds, their archives, deploys, and the one SCIM app of an account."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
phase = "pre"


def upgrade() -> None:
    op.add_column("tokens", sa.Column("sealed", sa.Text))
    op.add_column("apps", sa.Column("project_id", sa.BigInteger))
    op.add_column("apps", sa.Column("uid", sa.String))
    op.create_table(
        "projects",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("deployed_build_id", sa.Integer),
        sa.Column("last_build_id", sa.Integer, nullable=False),
        sa.Column("last_deploy_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "id", name="pk_projects"),
    )
    op.create_index("ux_projects_name", "projects", ["portal_id", "name"], unique=True)
    op.create_table(
        "builds",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("platform_version", sa.String, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("components", sa.Text, nullable=False),
        sa.Column("warnings", sa.Text, nullable=False),
        sa.Column("auto_deploy", sa.Boolean, nullable=False),
        sa.Column("deploy_id", sa.Integer, nullable=False),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "project_id", "id", name="pk_builds"),
    )
    op.create_table(
        "archives",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("build_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "project_id", "build_id", name="pk_archives"),
    )
    op.create_table(
        "deploys",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("build_id", sa.Integer),
        sa.Column("components", sa.Text, nullable=False),
        sa.Column("logs", sa.Text, nullable=False),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("portal_id", "project_id", "id", name="pk_deploys"),
    )
    op.create_table(
        "scim_apps",
        sa.Column("portal_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("project_id", sa.BigInteger, nullable=False),
        sa.Column("uid", sa.String, nullable=False),
        sa.Column("role_sync", sa.Boolean),
        sa.PrimaryKeyConstraint("portal_id", name="pk_scim_apps"),
    )
