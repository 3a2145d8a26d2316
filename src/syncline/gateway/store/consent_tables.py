"""Tables of what people agree to: approvals, first approvals, exceptions, privileged sets, and the brake's count.

Part of `tables`, which says what holds for all of them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table

from syncline.gateway.store.metadata import metadata

approvals = Table(
    "approvals",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("what", String, primary_key=True),
    Column("user_id", String),
    Column("approved_at", BigInteger, nullable=False),
    Column("approved_by", String, nullable=False),
    Column("because", String),
    Column("expires_at", BigInteger),
)
"""What an operator has approved for one delivery and the person it then had; it is used up when that is done."""

first_approvals = Table(
    "first_approvals",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("what", String, primary_key=True),
    Column("subject", String, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("because", String, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    info={"lookups": [("tenant_id",)]},
)
"""Four eyes: what one person has approved and a second one must before it counts. `what` names it by ids."""

exceptions = Table(
    "exceptions",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("until", BigInteger, nullable=False),
    Column("because", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String, nullable=False),
    Column("ended_by", String),
)
"""Who may stay although he has left, the last time it was so: it holds as long as `kept_until` of the delivery says."""

deletions = Table(
    "deletions",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Index("ix_deletions_at", "tenant_id", "at"),
)
"""Who has lost access lately, each once: what the deletion threshold counts."""

privileged_sets = Table(
    "privileged_sets",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("permission_set_id", String, primary_key=True),
    Column("marked_at", BigInteger, nullable=False),
    Column("marked_by", String, nullable=False),
)
