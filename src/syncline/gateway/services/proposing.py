"""What would be chosen: a store of choices that keeps nothing, so that an operation can be tried on it.

Previewing runs the very operation that would save, checks and refusals included, on this in the place of the real one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from syncline.gateway.domain.configuration import Configuration, configuration_fingerprint
from syncline.gateway.domain.consent import Consent
from syncline.gateway.domain.person import email_key
from syncline.gateway.domain.proposal import choices_fingerprint, refuse_unexpected
from syncline.gateway.domain.rules import Rule, rule_of_id, with_rule, with_rule_at, without_rule
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import Policy, TenantId, with_choices
from syncline.gateway.services.ports import Actor, ChoiceStore, Connection, ProtectedUser
from syncline.gateway.services.ports.notices import Subscription


class ProposedChoices:
    """Implements `services.ports.ChoiceStore` on top of a set-up; `setup` is what it would be."""

    def __init__(self, store: ChoiceStore, setup: Setup, *, has_people: bool) -> None:
        self._store = store
        self._has_people = has_people
        self._epoch = setup.epoch
        self._configuration: Configuration | None = None
        self.setup = setup

    @property
    def fingerprint(self) -> str:
        """The fingerprint under which this is saved, or nothing is."""
        if self._configuration is not None:
            return configuration_fingerprint(self._epoch, self._configuration)
        return choices_fingerprint(self._epoch, self.setup.rules, self.setup.policy)

    async def connection(self, tenant_id: TenantId) -> Connection | None:
        """Return the tenant's link as it is."""
        return await self._store.connection(tenant_id)

    async def change_policy(
        self, tenant_id: TenantId, changes: Mapping[str, Any], actor: Actor, expect: str | None = None
    ) -> Policy:
        """Return what the policy would be; raises `Refused` for one that cannot be carried out."""
        policy = with_choices(self.setup.policy, changes, has_people=self._has_people)
        self._propose(replace(self.setup, policy=policy), expect)
        return policy

    async def rules(self, tenant_id: TenantId) -> list[Rule]:
        """Return the rules there would be."""
        return list(self.setup.rules)

    async def add_rule(
        self, tenant_id: TenantId, rule: Rule, position: int | None, actor: Actor, expect: str | None = None
    ) -> Rule:
        """Return the rule with the position it would have."""
        rules = with_rule(self.setup.rules, rule, position)
        self._propose(replace(self.setup, rules=rules), expect)
        return rule_of_id(rules, rule.id)

    async def move_rule(
        self, tenant_id: TenantId, rule_id: str, position: int, actor: Actor, expect: str | None = None
    ) -> Rule:
        """Return the rule with the position it would have; raises `NotFound`."""
        rules = with_rule_at(self.setup.rules, rule_id, position)
        self._propose(replace(self.setup, rules=rules), expect)
        return rule_of_id(rules, rule_id)

    async def remove_rule(
        self, tenant_id: TenantId, rule_id: str, actor: Actor, expect: str | None = None
    ) -> Rule:
        """Return the rule that would be gone; raises `NotFound`."""
        rule = rule_of_id(self.setup.rules, rule_id)
        self._propose(replace(self.setup, rules=without_rule(self.setup.rules, rule_id)), expect)
        return rule

    async def protected_users(self, tenant_id: TenantId) -> list[ProtectedUser]:
        """Return whom an operator protects already."""
        return await self._store.protected_users(tenant_id)

    async def protect(self, tenant_id: TenantId, user: ProtectedUser, actor: Actor) -> None:
        """Have this person protected, too."""
        key = email_key(user.email)
        ends = {each: end for each, end in self.setup.protection_ends.items() if each != key}
        if user.until is not None:
            ends[key] = user.until
        self.setup = replace(self.setup, protected=self.setup.protected | {key}, protection_ends=ends)

    async def unprotect(self, tenant_id: TenantId, email: str, actor: Actor) -> Consent:
        """Have this person protected no longer; NOTHING where he is not."""
        before = self.setup.protected
        self.setup = replace(self.setup, protected=before - {email_key(email)})
        return Consent.NOTHING if before == self.setup.protected else Consent.DONE

    async def privileged(self, tenant_id: TenantId) -> frozenset[str]:
        """Return the ids of the permission sets that are marked already."""
        return self.setup.privileged

    async def configure(
        self,
        tenant_id: TenantId,
        configuration: Configuration,
        subscribers: Sequence[Subscription],
        actor: Actor,
        expect: str | None = None,
    ) -> None:
        """Have all choices be these; raises `Refused` for a policy that cannot be carried out."""
        chosen = configuration.policy
        fields = {name: getattr(chosen, name) for name in type(chosen).__slots__}
        policy = with_choices(self.setup.policy, fields, has_people=self._has_people)
        self._configuration = configuration
        ends = {key: each.until for key, each in configuration.protected.items()}
        in_force = {key: end for key, end in ends.items() if end is None or end > self.setup.at}
        setup = replace(
            self.setup,
            policy=policy,
            rules=configuration.rules,
            privileged=configuration.privileged,
            protected=frozenset(in_force),
            protection_ends={key: end for key, end in in_force.items() if end is not None},
        )
        self._propose(setup, expect)

    def _propose(self, setup: Setup, expect: str | None) -> None:
        self.setup = setup
        refuse_unexpected(expect, self.fingerprint)
