"""Everything a decision depends on besides the person: the tenant's set-up and its account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncline.clock import Milliseconds
from syncline.gateway.domain.account import Account
from syncline.gateway.domain.placement import Placements
from syncline.gateway.domain.rules import Rule, RuleBook
from syncline.gateway.domain.tenant import Policy, TenantId, TenantMode
from syncline.gateway.domain.threshold import DeletionThreshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """One tenant at one placement epoch."""

    tenant_id: TenantId
    mode: TenantMode
    policy: Policy = field(default_factory=Policy)
    rules: tuple[Rule, ...] = ()
    account: Account | None = None
    """None until the account was read completely once."""
    protected: frozenset[str] = frozenset()
    """The keys (`person.email_key`) of the addresses an operator protects."""
    protection_ends: Mapping[str, Milliseconds] = field(default_factory=dict)
    """When a protection ends by itself, for those that do."""
    scim_channel: bool = False
    plan_approved: bool = False
    grant_holder: str | None = None
    """The key of the address whose grant the API channel uses; None for a token that belongs to no person."""
    privileged: frozenset[str] = frozenset()
    """The ids of the permission sets an operator has marked as privileged."""
    epoch: int = 0
    """The placement epoch this set-up is of: it rises with every change decisions depend on."""
    threshold: DeletionThreshold | None = None
    """How many more people may lose access today; None where nobody counts."""
    at: Milliseconds = 0
    """The moment it is of: what ends by then has ended."""
    book: RuleBook = field(init=False, repr=False, compare=False)
    """The rules, made ready for many people."""
    placements: Placements | None = field(init=False, repr=False, compare=False)
    """Where the rules place people; None while the account is unread."""

    @property
    def lacks_crm_records(self) -> bool:
        """Whether attributes of CRM records are to be kept in line that were never read."""
        unread = self.account is not None and self.account.crm_users is None
        return unread and bool(self.policy.crm_attributes)

    def __post_init__(self) -> None:
        object.__setattr__(self, "book", RuleBook(self.rules))
        account = self.account
        placements = None if account is None else Placements(self.book, self.policy, account)
        object.__setattr__(self, "placements", placements)
