"""What the use cases ask of the store.

Every method that concerns a tenant takes its id first, and none can be called without one. Writes are durable when
they return.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from syncline.clock import Milliseconds
from syncline.gateway.domain.authorization import Authorization, AuthorizationState
from syncline.gateway.domain.configuration import Configuration
from syncline.gateway.domain.consent import Consent
from syncline.gateway.domain.grant import TokenPair
from syncline.gateway.domain.health import HealthEvent
from syncline.gateway.domain.holds import HoldReason
from syncline.gateway.domain.role_expressions import RoleForm
from syncline.gateway.domain.rules import Rule
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import Policy, TenantId, TenantMode
from syncline.gateway.domain.validation import Check
from syncline.gateway.services.ports.consents import ConsentStore
from syncline.gateway.services.ports.deliveries import Basis, Redecided, Settlement, WorkItem
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
from syncline.gateway.services.ports.notices import NoticeStore, Subscription
from syncline.gateway.services.ports.operators import OperatorStore
from syncline.gateway.services.ports.readings import ReadingStore
from syncline.gateway.services.ports.records import Actor, Cause, Connection, ProtectedUser, Tenant, Token
from syncline.gateway.services.ports.removal import RemovalStore
from syncline.gateway.services.ports.seeking import SeekingStore
from syncline.scim.attributes import ResourceType
from syncline.scim.patch import Patch
from syncline.scim.resource import Notes, Resource
from syncline.scimserver.store import Page, Query, Stored


class DirectoryStore(Protocol):
    """The SCIM resources of every tenant."""

    async def create_user(
        self, tenant_id: TenantId, user_id: str, resource: Resource, cause: Cause
    ) -> Stored: ...
    async def replace_user(
        self, tenant_id: TenantId, user_id: str, resource: Resource, if_match: int | None, cause: Cause
    ) -> Stored: ...
    async def patch_user(
        self,
        tenant_id: TenantId,
        user_id: str,
        patch: Patch,
        if_match: int | None,
        cause: Cause,
        notes: Notes,
    ) -> Stored: ...
    async def delete_user(
        self, tenant_id: TenantId, user_id: str, if_match: int | None, cause: Cause
    ) -> None: ...
    async def create_group(
        self, tenant_id: TenantId, group_id: str, resource: Resource, cause: Cause
    ) -> Stored: ...
    async def replace_group(
        self, tenant_id: TenantId, group_id: str, resource: Resource, if_match: int | None, cause: Cause
    ) -> Stored: ...
    async def patch_group(
        self,
        tenant_id: TenantId,
        group_id: str,
        patch: Patch,
        if_match: int | None,
        cause: Cause,
        notes: Notes,
    ) -> Stored: ...
    async def delete_group(
        self, tenant_id: TenantId, group_id: str, if_match: int | None, cause: Cause
    ) -> None: ...
    async def get(
        self, tenant_id: TenantId, resource_type: ResourceType, resource_id: str, include: frozenset[str]
    ) -> Stored | None: ...
    async def query(
        self, tenant_id: TenantId, resource_type: ResourceType, query: Query, include: frozenset[str]
    ) -> Page: ...


class ChoiceStore(Protocol):
    """What operators choose for a tenant, and what they choose from.

    `expect` is the fingerprint of a preview (`domain.proposal`): `Conflict` is raised, and nothing is kept, when what
    would be kept is something else.
    """

    async def connection(self, tenant_id: TenantId) -> Connection | None: ...
    async def change_policy(
        self, tenant_id: TenantId, changes: Mapping[str, Any], actor: Actor, expect: str | None = None
    ) -> Policy: ...
    async def rules(self, tenant_id: TenantId) -> list[Rule]: ...
    async def add_rule(
        self, tenant_id: TenantId, rule: Rule, position: int | None, actor: Actor, expect: str | None = None
    ) -> Rule: ...
    async def move_rule(
        self, tenant_id: TenantId, rule_id: str, position: int, actor: Actor, expect: str | None = None
    ) -> Rule: ...
    async def remove_rule(
        self, tenant_id: TenantId, rule_id: str, actor: Actor, expect: str | None = None
    ) -> Rule: ...
    async def protected_users(self, tenant_id: TenantId) -> list[ProtectedUser]: ...
    async def protect(self, tenant_id: TenantId, user: ProtectedUser, actor: Actor) -> None: ...
    async def unprotect(self, tenant_id: TenantId, email: str, actor: Actor) -> Consent: ...
    async def privileged(self, tenant_id: TenantId) -> frozenset[str]: ...
    async def configure(
        self,
        tenant_id: TenantId,
        configuration: Configuration,
        subscribers: Sequence[Subscription],
        actor: Actor,
        expect: str | None = None,
    ) -> None: ...


class SetupStore(ChoiceStore, Protocol):
    """Tenants and what operators set up for them. Every change is audited in the same transaction."""

    async def create_tenant(self, tenant_id: TenantId, name: str, actor: Actor) -> Tenant: ...
    async def tenant(self, name_or_id: str) -> Tenant | None: ...
    async def tenants(self) -> list[Tenant]: ...
    async def tenants_after(self, name: str, limit: int) -> list[Tenant]: ...
    async def set_mode(self, tenant_id: TenantId, mode: TenantMode, actor: Actor) -> None: ...
    async def approve_plan(
        self,
        tenant_id: TenantId,
        counts: Mapping[str, int],
        actor: Actor,
        because: str = "",
        fingerprint: str = "",
    ) -> Consent: ...
    async def create_token(self, token: Token, actor: Actor) -> None: ...
    async def token(self, token_id: str) -> Token | None: ...
    @property
    def is_alone(self) -> bool: ...
    def token_changes(self) -> int: ...
    async def tokens(self, tenant_id: TenantId) -> list[Token]: ...
    async def revoke_token(self, tenant_id: TenantId, token_id: str, actor: Actor) -> None: ...
    async def note_token_use(self, token_id: str, at: Milliseconds, client: str | None) -> None: ...
    async def set_connection(
        self, connection: Connection, actor: Actor, expect: str | None = None
    ) -> None: ...
    async def note_trouble(
        self, tenant_id: TenantId, trouble: str | None, detail: str | None, cause: Cause
    ) -> None: ...
    async def note_health(
        self, tenant_id: TenantId, event: HealthEvent, trouble: str | None, detail: str, cause: Cause
    ) -> bool: ...
    async def release(self, tenant_id: TenantId, delivery_key: str, actor: Actor) -> bool: ...
    async def approve(
        self, tenant_id: TenantId, granted: Sequence[tuple[str, str]], actor: Actor, because: str = ""
    ) -> frozenset[str]: ...
    async def mark_privileged(
        self, tenant_id: TenantId, permission_set_id: str, *, marked: bool, actor: Actor
    ) -> bool: ...


class GrantStore(Protocol):
    """Askings for a grant, and the tokens of grants. Secrets are sealed, a `state` is kept as a fingerprint only."""

    async def begin(self, authorization: Authorization, state: str, actor: Actor) -> None: ...
    async def claim(self, state: str, at: Milliseconds) -> Authorization | None: ...
    async def settle(
        self, tenant_id: TenantId, authorization_id: str, outcome: AuthorizationState, sentence: str
    ) -> None: ...
    async def authorization(self, tenant_id: TenantId) -> Authorization | None: ...
    async def keep_tokens(self, tenant_id: TenantId, grant_id: str, tokens: TokenPair) -> bool: ...
    async def end(
        self, tenant_id: TenantId, grant_id: str, code: str, sentence: str, cause: Cause
    ) -> None: ...
    async def disconnect(self, tenant_id: TenantId, actor: Actor, detail: Mapping[str, Any]) -> None: ...


class BacklogStore(Protocol):
    """Deliveries: what is due, what it needs to be decided, and what came of it."""

    async def setup(self, tenant_id: TenantId, now: Milliseconds) -> Setup | None: ...
    async def pass_threshold(
        self, tenant_id: TenantId, key: str, at: Milliseconds, limit: int | None
    ) -> bool: ...
    async def take_seat(self, tenant_id: TenantId, name: str) -> bool: ...
    async def return_seat(self, tenant_id: TenantId, name: str, *, none_left: bool) -> None: ...
    async def held_for(
        self, tenant_id: TenantId, reason: HoldReason, after: str, limit: int
    ) -> list[WorkItem]: ...
    async def gone(
        self, tenant_id: TenantId, since: Milliseconds, after: str, limit: int
    ) -> list[tuple[WorkItem, Milliseconds]]: ...
    async def basis(self, tenant_id: TenantId, key: str) -> Basis | None: ...
    async def due(
        self, tenant_id: TenantId, now: Milliseconds, limit: int, *, urgent_only: bool
    ) -> list[WorkItem]: ...
    async def stale(self, tenant_id: TenantId, epoch: int, limit: int) -> list[WorkItem]: ...
    async def item(self, tenant_id: TenantId, key: str) -> WorkItem | None: ...
    async def walk(self, tenant_id: TenantId, after: str, limit: int) -> list[WorkItem]: ...
    async def next_due(self, tenant_id: TenantId) -> Milliseconds | None: ...
    async def due_tenants(self, now: Milliseconds) -> list[TenantId]: ...
    async def give_way(self) -> None: ...
    async def settle(
        self, tenant_id: TenantId, settlements: Sequence[Settlement], cause: Cause, *, patient: bool = False
    ) -> None: ...
    async def make_due(
        self, tenant_id: TenantId, keys: Sequence[str], epoch: int, at: Milliseconds
    ) -> None: ...
    async def redecide(
        self, tenant_id: TenantId, decided: Sequence[Redecided], epoch: int, cause: Cause
    ) -> None: ...
    async def log_call(
        self, tenant_id: TenantId, channel: str, purpose: str, delivery_key: str | None, cause: Cause
    ) -> int: ...
    async def log_answer(
        self, tenant_id: TenantId, seq: int, status: int | None, at: Milliseconds
    ) -> None: ...
    async def calls_since(self, tenant_id: TenantId, since: Milliseconds) -> list[Milliseconds]: ...
    async def totals(self, tenant_id: TenantId) -> Totals: ...


class JournalStore(Protocol):
    """The provisioning log and the calls it led to."""

    async def events(
        self,
        tenant_id: TenantId,
        *,
        subject: str | None,
        kind: str | None,
        before: int | None,
        limit: int,
    ) -> list[Event]: ...
    async def event(self, tenant_id: TenantId, seq: int) -> Event | None: ...
    async def confirmations(self, tenant_id: TenantId) -> Mapping[Check, Confirmation]: ...
    async def audit(self, tenant_id: TenantId, before: int | None, limit: int) -> list[AuditEntry]: ...
    async def activity(
        self, tenant_id: TenantId, kind: Activity, moments: Sequence[Milliseconds]
    ) -> list[int]: ...
    async def calls(
        self, tenant_id: TenantId, correlation_id: str, delivery_key: str | None
    ) -> list[CallRecord]: ...
    async def find_items(
        self, tenant_id: TenantId, *, search: str | None, after: str, limit: int
    ) -> list[WorkItem]: ...
    async def roles_seen(self, tenant_id: TenantId, after: str, limit: int) -> list[RoleSeen]: ...
    async def count_roles_seen(self, tenant_id: TenantId) -> int: ...
    async def role_forms(self, tenant_id: TenantId) -> Mapping[RoleForm, Milliseconds]: ...
    async def groups_seen(self, tenant_id: TenantId, after: int, limit: int) -> list[GroupSeen]: ...
    async def groups_like(self, tenant_id: TenantId, search: str, limit: int) -> list[GroupSeen]: ...
    async def group(self, tenant_id: TenantId, name_or_id: str) -> GroupSeen | None: ...


@dataclass(frozen=True, slots=True)
class Store:
    """All of the gateway's memory."""

    directory: DirectoryStore
    setup: SetupStore
    grants: GrantStore
    backlog: BacklogStore
    journal: JournalStore
    notices: NoticeStore
    consents: ConsentStore
    operators: OperatorStore
    readings: ReadingStore
    seeking: SeekingStore
    removal: RemovalStore
