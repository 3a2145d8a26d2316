"""The gateway's tables.

Every table that belongs to a tenant has ``tenant_id`` first in its primary key. `scim_tokens` is the one
exception, with `api_keys`: a token is looked up by its public id before any tenant is known, because it is what names
the tenant. `installation` belongs to nobody, and operators belong to the installation; where they may do what is in
`operator_roles`, with ``*`` in the place of a tenant for all of them.

Moments are milliseconds since the epoch, UTC. Documents and other structured columns are JSON text.

Tables of what people agree to are in `consent_tables`.

On SQLite a table of short rows, each written once, lies in its primary key (`sqlite_with_rowid=False`): one tree less
to write. Where queries go by other indexes than the key, as in `deliveries`, SQLite would prefer to walk the key.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
    true,
)

from syncline.gateway.store.consent_tables import approvals as approvals
from syncline.gateway.store.consent_tables import deletions as deletions
from syncline.gateway.store.consent_tables import exceptions as exceptions
from syncline.gateway.store.consent_tables import first_approvals as first_approvals
from syncline.gateway.store.consent_tables import privileged_sets as privileged_sets
from syncline.gateway.store.counted import counted_as
from syncline.gateway.store.metadata import metadata as metadata
from syncline.sql.tally import Tally

tenants = Table(
    "tenants",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("name_key", String, nullable=False),
    Column("mode", String, nullable=False),
    Column("policy", Text, nullable=False),
    Column("placement_epoch", Integer, nullable=False),
    Column("plan_approved_at", BigInteger),
    Column("plan_approved_by", String),
    Column("account", String),
    Column("created_at", BigInteger, nullable=False),
    Index("ux_tenants_name_key", "name_key", unique=True),
    info={"lookups": [("name_key",)]},
)
"""A customer. `placement_epoch` grows with everything placement depends on besides the person.

`account` names the HubSpot account that the ids in `deliveries` are of; it outlives the connection.
"""

counters = Table(
    "counters",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("event_seq", BigInteger, nullable=False),
    Column("audit_seq", BigInteger, nullable=False),
    Column("call_seq", BigInteger, nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("users", Integer, nullable=False),
    Column("groups", Integer, nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("backlog", Text, nullable=False, server_default="{}"),
)
"""Per-tenant sequences and totals, so that no page has to count what is stored.

`backlog` is how many deliveries there are of each kind, see `counted`.
"""

scim_tokens = Table(
    "scim_tokens",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant_id", String, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("description", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("last_used_at", BigInteger),
    Column("last_used_from", String),
    Index("ix_scim_tokens_tenant_id", "tenant_id"),
    info={"lookups": [("tenant_id",)]},
)

connections = Table(
    "connections",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("portal_id", BigInteger),
    Column("base_url", String, nullable=False),
    Column("credential", String, nullable=False),
    Column("access_token", Text, nullable=False),
    Column("refresh_token", Text),
    Column("token_obtained_at", BigInteger),
    Column("token_expires_at", BigInteger),
    Column("grant_id", String),
    Column("grant_ended", Boolean, nullable=False),
    Column("client_id", String),
    Column("client_secret", Text),
    Column("scopes", Text),
    Column("grant_holder", String),
    Column("grant_holder_id", String),
    Column("scim_base_url", String),
    Column("scim_token", Text),
    Column("account", Text),
    Column("account_read_at", BigInteger),
    Column("trouble", String),
    Column("trouble_detail", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("health", String),
    Column("health_since", BigInteger),
    Column("probe_at", BigInteger),
    Index("ux_connections_portal_id", "portal_id", unique=True),
    info={"lookups": [("portal_id",)]},
)
"""The link to one HubSpot account. Credentials are sealed; `account` is what was last read of its lists.

`health` is empty while it has always been healthy; `probe_at` is when a connection in trouble is tried next.
`credential` is ``static`` or ``oauth``; the columns from `refresh_token` to `grant_holder_id` belong to a grant.
"""

authorizations = Table(
    "authorizations",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("id", String, nullable=False),
    Column("state_fingerprint", LargeBinary),
    Column("base_url", String, nullable=False),
    Column("redirect_uri", String, nullable=False),
    Column("client_id", String, nullable=False),
    Column("client_secret", Text),
    Column("code_verifier", Text),
    Column("begun_at", BigInteger, nullable=False),
    Column("begun_by", String, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("outcome", String),
    Column("sentence", Text, nullable=False),
    Index("ux_authorizations_state_fingerprint", "state_fingerprint", unique=True),
    info={"lookups": [("state_fingerprint",)]},
)
"""The last asking of each tenant for a grant. Its secrets are wiped when it is answered: it works once."""

users = Table(
    "users",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("user_name_key", String, nullable=False),
    Column("external_id", String),
    Column("awaited_key", String),
    Column("delivery_key", String, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Index("ux_users_user_name_key", "tenant_id", "user_name_key", unique=True),
    Index("ix_users_external_id", "tenant_id", "external_id", "ordinal"),
    Index("ix_users_ordinal", "tenant_id", "ordinal"),
    info={"lookups": [("tenant_id", "user_name_key"), ("tenant_id", "awaited_key")]},
)
"""SCIM users. `delivery_key` is the row that delivers the person.

`awaited_key` is the e-mail that the person should have at HubSpot and whose row is somebody else's: nearly always none.
"""

user_emails = Table(
    "user_emails",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("email_key", String, primary_key=True),
    Column("user_id", String, primary_key=True),
    sqlite_with_rowid=False,
)
"""Every e-mail of every user, normalised: the index behind ``emails.value eq``. What a user has, his document says."""

groups = Table(
    "groups",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("display_name_key", String, nullable=False),
    Column("external_id", String),
    Column("document", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("members", Integer, nullable=False, server_default="0"),
    Index("ux_groups_display_name_key", "tenant_id", "display_name_key", unique=True),
    Index("ix_groups_external_id", "tenant_id", "external_id", "ordinal"),
    Index("ix_groups_ordinal", "tenant_id", "ordinal"),
    info={"lookups": [("tenant_id", "display_name_key")]},
)
"""SCIM groups. Their names are unique, as Entra and Okta expect of what they match groups by.

`members` is how many direct members a group has.
"""

members = Table(
    "members",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("group_id", String, primary_key=True),
    Column("value", String, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Index("ix_members_value", "tenant_id", "value", "group_id"),
    sqlite_with_rowid=False,
    info={"lookups": [("tenant_id", "group_id"), ("tenant_id", "value")]},
)
"""Memberships as rows: adding one costs the same in any group. A member need not exist (yet)."""

rules = Table(
    "rules",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("document", Text, nullable=False),
    info={"lookups": [("tenant_id",)]},
)

protected_users = Table(
    "protected_users",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("email_key", String, primary_key=True),
    Column("email", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String, nullable=False),
    Column("until", BigInteger),
    info={"lookups": [("tenant_id",)]},
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("email", String),
    Column("wanted_email", String),
    Column("user_id", String),
    Column("intent", String, nullable=False),
    Column("desired_revision", Integer, nullable=False),
    Column("delivered_revision", Integer, nullable=False),
    Column("decided_epoch", Integer, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("due_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("correlation_id", String, nullable=False),
    Column("hubspot_id", String),
    Column("scim_id", String),
    Column("origin", String),
    Column("access", String, nullable=False),
    Column("renamed_from", String),
    Column("renamed_key", String),
    Column("uncertain", String),
    Column("moved_to", String),
    Column("claimed_by", String),
    Column("hold_reason", String),
    Column("hold_detail", Text),
    Column("last_error", Text),
    Column("delivered_at", BigInteger),
    Column("may_reactivate", Boolean, nullable=False),
    Column("agreement", Text),
    Column("drifted", Boolean, nullable=False, server_default=false()),
    Column("kept_until", BigInteger),
    Column("held_until", BigInteger),
    Index("ix_deliveries_epoch", "tenant_id", "decided_epoch"),
    info={
        "lookups": [("tenant_id", "renamed_key"), ("tenant_id", "hubspot_id")],
        "tally": Tally(counters, "backlog", counted_as),
    },
)
"""One row per person to deliver, keyed by normalised e-mail: the unit of order.

`renamed_from` (and its normalised form `renamed_key`) is the e-mail HubSpot still knows the person by, while a rename
is owed; `moved_to` is the row that took the person over. `uncertain` names the channel by which a change was sent
whose outcome is not known (yet): what was last read of the person is not to be trusted until he is read again.
`kept_until` is the end of an exception: until then a leaver has access. `held_until` is when a hold ends by itself; the
row is due then, and held as long as its `due_at` is that moment.
A `decided_epoch` of 0 is a mark: a reading has found something new at HubSpot since. `agreement` is what HubSpot last
confirmed and what drifted since; `drifted` tells whether anything did.
"""


def _index_of_some(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> Index:
    """Return an index of the rows that `where` holds for: the others, new ones above all, do not pay for it."""
    tenant_id = columns[0].table.c.tenant_id
    return Index(name, tenant_id, *columns, sqlite_where=where, postgresql_where=where)


_index_of_some("ix_users_awaited_key", users.c.awaited_key, where=users.c.awaited_key.is_not(None))
_delivery = deliveries.c
# An index of all of them would also look good to PostgreSQL for a look-up by key, while it knows little of the table:
# and cost what is stored, for the columns between the tenant and the key.
_index_of_some(
    "ix_deliveries_due",
    *(_delivery.urgency, _delivery.due_at, _delivery.key),
    where=_delivery.due_at.is_not(None),
)
_index_of_some(
    "ix_deliveries_hold", _delivery.hold_reason, _delivery.key, where=_delivery.hold_reason.is_not(None)
)
_index_of_some("ix_deliveries_renamed_key", _delivery.renamed_key, where=_delivery.renamed_key.is_not(None))
_index_of_some("ix_deliveries_hubspot_id", _delivery.hubspot_id, where=_delivery.hubspot_id.is_not(None))
_index_of_some("ix_deliveries_drifted", _delivery.key, where=_delivery.drifted == true())

account_users = Table(
    "account_users",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("hubspot_id", String, primary_key=True),
    Column("email_key", String, nullable=False),
    Column("document", Text, nullable=False),
    Column("read_at", BigInteger, nullable=False),
    Index("ix_account_users_email_key", "tenant_id", "email_key"),
    info={"lookups": [("tenant_id", "email_key")]},
)
"""What the HubSpot account was last read, or last answered, to have for each of its users."""

readings = Table(
    "readings",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("id", String, nullable=False),
    Column("step", String, nullable=False),
    Column("cursor", Text),
    Column("account", Text),
    Column("users", Integer, nullable=False),
    Column("super_admins", Integer, nullable=False),
    Column("owners_read", Boolean, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("missing", Text, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("correlation_id", String, nullable=False),
    Column("asked_by", String, nullable=False),
)
"""The last reading of each tenant's account, and how far it has come: it is gone on with after a restart."""

read_users = Table(
    "read_users",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("reading_id", String, primary_key=True),
    Column("hubspot_id", String, primary_key=True),
    Column("document", Text, nullable=False),
)
"""What a reading has read so far. It is no knowledge of the account before the reading is complete."""

calls = Table(
    "calls",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("sent_at", BigInteger, nullable=False),
    Column("channel", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("delivery_key", String),
    Column("correlation_id", String, nullable=False),
    Column("status", Integer),
    Column("answered_at", BigInteger),
    Column("doubted", Boolean, nullable=False),
    Index("ix_calls_sent_at", "tenant_id", "sent_at"),
    Index("ix_calls_delivery_key", "tenant_id", "delivery_key", "seq"),
    Index("ix_calls_correlation_id", "tenant_id", "correlation_id", "seq"),
)
"""Every call to HubSpot, written before it is sent: the budget's memory, and the proof of what was asked."""

events = Table(
    "events",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("correlation_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String),
    Column("summary", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_events_subject", "tenant_id", "subject", "seq"),
    sqlite_with_rowid=False,
)
"""The provisioning log: what was asked, decided, sent and answered, under one correlation id."""

confirmations = Table(
    "confirmations",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("summary", Text, nullable=False),
    info={"lookups": [("tenant_id",)]},
)
"""The first event that confirmed each check of the checklist (`validation.Check`); it outlives the event."""

audit_events = Table(
    "audit_events",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("detail", Text, nullable=False),
)
"""Who changed the set-up, when and how."""

read_batches = Table(
    "read_batches",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("first_at", BigInteger, primary_key=True),
    Column("id", String, primary_key=True),
    Column("last_at", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("reads", LargeBinary, nullable=False),
)
"""What identity providers asked for without changing anything: a help for people, written when there is time.

A row holds what came within about a second: a row for each was a quarter of what a request by `userName` cost.
"""

roles_seen = Table(
    "roles_seen",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
)
"""Kept as users change: of kind `role` how many people have it, of kind `form` that requests have written roles so."""

notices = Table(
    "notices",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("says", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("told_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)
"""What a person must hear, one row for each condition, as it is now or as it ended; `told_at` is the last message."""

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("channel", String, nullable=False),
    Column("address", Text, nullable=False),
    Column("secret", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String, nullable=False),
)
"""Who is sent a tenant's notices: e-mail addresses, and webhooks with their sealed secrets."""

messages = Table(
    "messages",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("subscription_id", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("sent_at", BigInteger),
    Index("ix_messages_due_at", "tenant_id", "due_at", "id"),
    Index("ix_messages_created_at", "tenant_id", "created_at", "id"),
)
"""The outbox of notices, one row per notice and subscriber. `due_at` is empty once sent, and once given up."""

installation = Table(
    "installation",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)
"""What the installation as a whole remembers: the name of the key its secrets are sealed with, and such."""

operators = Table(
    "operators",
    metadata,
    Column("id", String, primary_key=True),
    Column("email", String, nullable=False),
    Column("email_key", String, nullable=False),
    Column("name", String, nullable=False),
    Column("password", String),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String, nullable=False),
    Column("last_signed_in_at", BigInteger),
    Index("ux_operators_email_key", "email_key", unique=True),
    info={"lookups": [("email_key",)]},
)
"""Those who sign in to the console. `password` is a hash of argon2."""

operator_roles = Table(
    "operator_roles",
    metadata,
    Column("tenant_id", String, primary_key=True),
    Column("operator_id", String, primary_key=True),
    Column("role", String, nullable=False),
    Index("ix_operator_roles_operator_id", "operator_id"),
    info={"lookups": [("operator_id",)]},
)
"""Who is what where."""

invitations = Table(
    "invitations",
    metadata,
    Column("id", String, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("kind", String, nullable=False),
    Column("email", String),
    Column("roles", Text, nullable=False),
    Column("operator_id", String),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index("ix_invitations_kind", "kind"),
    Index("ix_invitations_expires_at", "expires_at"),
    Index("ix_invitations_operator_id", "operator_id"),
    info={"lookups": [("kind",), ("operator_id",)]},
)
"""One-time links: a new one of the kind ``first owner`` ends those before it."""

sessions = Table(
    "sessions",
    metadata,
    Column("id", String, primary_key=True),
    Column("operator_id", String, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("fresh_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("client", String),
    Column("user_agent", String, nullable=False),
    Index("ix_sessions_operator_id", "operator_id"),
    info={"lookups": [("operator_id",)]},
)
"""Browsers somebody is signed in with; the id is a keyed hash of the cookie."""

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String, primary_key=True),
    Column("tenant_id", String, nullable=False),
    Column("role", String, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("description", String, nullable=False),
    Column("operator_id", String),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("last_used_at", BigInteger),
    Column("last_used_from", String),
    Index("ix_api_keys_operator_id", "operator_id"),
    info={"lookups": [("operator_id",)]},
)
"""Keys to the admin API, each with one role at one place."""

operator_events = Table(
    "operator_events",
    metadata,
    Column("id", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("detail", Text, nullable=False),
)
"""Who changed what about operators. The id begins with the moment, so that ids are in the order of time."""
