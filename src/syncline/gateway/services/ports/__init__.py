"""The ports: what the use cases ask of the store and of HubSpot. `store` and `hubspot` implement them.

Records are frozen; moments are milliseconds since the epoch, UTC.
"""

from __future__ import annotations

from collections.abc import Callable

from syncline.gateway.domain.tenant import TenantId
from syncline.gateway.services.ports.consents import (
    Approval,
    ConsentStore,
    FirstApproval,
    LeaverException,
)
from syncline.gateway.services.ports.deliveries import (
    Basis,
    Redecided,
    Settlement,
    Standing,
    WorkItem,
)
from syncline.gateway.services.ports.hubspot import (
    AccountActivity,
    AccountReading,
    Arrived,
    Authority,
    DeactivatedPage,
    Failed,
    Granted,
    Link,
    Links,
    Lists,
    Looked,
    Met,
    Outcome,
    Overtaken,
    RecordsPage,
    StillWanted,
    Trouble,
    UsersPage,
)
from syncline.gateway.services.ports.journal import (
    Activity,
    AuditEntry,
    CallRecord,
    Confirmation,
    Event,
    GroupSeen,
    RoleSeen,
    Totals,
)
from syncline.gateway.services.ports.operators import OperatorEvent, OperatorStore, SignedIn
from syncline.gateway.services.ports.readings import Chunk, Orphan, Reading, ReadingStep, ReadingStore
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
from syncline.gateway.services.ports.walks import Progress, Tally, Walks

__all__ = [
    "AccountActivity",
    "AccountReading",
    "Activity",
    "Actor",
    "Approval",
    "Arrived",
    "AuditEntry",
    "Authority",
    "BacklogStore",
    "Basis",
    "CallRecord",
    "Cause",
    "ChoiceStore",
    "Chunk",
    "Confirmation",
    "Connection",
    "ConsentStore",
    "DeactivatedPage",
    "DirectoryStore",
    "Event",
    "Failed",
    "FirstApproval",
    "GrantStore",
    "Granted",
    "GroupSeen",
    "JournalStore",
    "LeaverException",
    "Link",
    "Links",
    "Lists",
    "Looked",
    "Met",
    "OperatorEvent",
    "OperatorStore",
    "Orphan",
    "Outcome",
    "Overtaken",
    "Progress",
    "ProtectedUser",
    "Reading",
    "ReadingStep",
    "ReadingStore",
    "RecordsPage",
    "Redecided",
    "RoleSeen",
    "Settlement",
    "SetupStore",
    "SignedIn",
    "Standing",
    "StillWanted",
    "Store",
    "Tally",
    "Tenant",
    "Token",
    "Totals",
    "Trouble",
    "UsersPage",
    "Wake",
    "Walks",
    "WorkItem",
]

Wake = Callable[[TenantId], None]
"""Tell the dispatcher that a tenant has something to deliver. A hint: it may be lost, nothing else is."""
