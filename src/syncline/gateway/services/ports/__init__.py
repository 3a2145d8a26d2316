"""The ports: what the use cases ask of the store and of HubSpot. `store` and `hubspot` implement them.

Records are frozen; moments are milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from collections.abc import Callable

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports.deliveries import (
    Basis,
    Settlement,
    Standing,
    WorkItem,
)
from syncline.gateway.services.ports.hubspot import (
    AccountReading,
    Arrived,
    Authority,
    Failed,
    Granted,
    Link,
    Links,
    Looked,
    Met,
    Outcome,
    Overtaken,
    StillWanted,
    Trouble,
)
from syncline.gateway.services.ports.journal import (
    Activity,
    AuditEntry,
    CallRecord,
    Event,
    GroupSeen,
    RoleSeen,
    Totals,
)
from syncline.gateway.services.ports.operators import OperatorEvent, OperatorStore, SignedIn
from syncline.gateway.services.ports.records import (
    Actor,
    Cause,
    Connection,
    ProtectedUser,
    Tenant,
    Token,
)
from syncline.gateway.services.ports.stores import (
    BacklogStore,
    ChoiceStore,
    DirectoryStore,
    GrantStore,
    JournalStore,
    SetupStore,
    Store,
)

__all__ = [
    "AccountReading",
    "Activity",
    "Actor",
    "Arrived",
    "AuditEntry",
    "Authority",
    "BacklogStore",
    "Basis",
    "CallRecord",
    "Cause",
    "ChoiceStore",
    "Connection",
    "DirectoryStore",
    "Event",
    "Failed",
    "GrantStore",
    "Granted",
    "GroupSeen",
    "JournalStore",
    "Link",
    "Links",
    "Looked",
    "Met",
    "OperatorEvent",
    "OperatorStore",
    "Outcome",
    "Overtaken",
    "ProtectedUser",
    "RoleSeen",
    "Settlement",
    "SetupStore",
    "SignedIn",
    "Standing",
    "StillWanted",
    "Store",
    "Tenant",
    "Token",
    "Totals",
    "Trouble",
    "Wake",
    "WorkItem",
]

Wake = Callable[[TenantId], None]
"""Tell the dispatcher that a tenant has something to deliver. A hint: it may be lost, nothing else is."""
