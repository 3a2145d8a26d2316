"""All choices of a tenant replaced at once: what is kept is the whole of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from syncline.gateway.domain.configuration import (
    Configuration,
    Protection,
    configuration_fingerprint,
    protections,
)
from syncline.gateway.domain.errors import NotFound, Refused
from syncline.gateway.domain.proposal import refuse_unexpected
from syncline.gateway.domain.remedies import Remedy
from syncline.gateway.domain.tenant import Policy, TenantId, with_choices
from syncline.gateway.services.ports import Actor, ProtectedUser
from syncline.gateway.store import records
from syncline.gateway.store.commands.choices import in_words
from syncline.gateway.store.commands.journal import counters_of, record_audit
from syncline.gateway.store.commands.setup import bump_epoch
from syncline.gateway.store.tables import (
    counters,
    messages,
    privileged_sets,
    protected_users,
    rules,
    subscriptions,
    tenants,
)
from syncline.sql.rows import Need, Row, Rows


@dataclass(frozen=True, slots=True)
class Configure:
    """Have the tenant's choices be these. `subscribers` are the rows of those in it who may be new, secrets sealed.

    Raises `Refused` as `with_choices` does, and `Conflict` when `expect` names another change.
    """

    tenant_id: TenantId
    configuration: Configuration
    subscribers: tuple[Row, ...]
    actor: Actor
    expect: str | None = None

    def prefetch(self) -> Iterable[Need]:
        own = (rules, privileged_sets, protected_users, subscriptions, messages)
        return (
            Need(tenants, ("id",), (self.tenant_id,)),
            counters_of(self.tenant_id),
            *(Need(table, ("tenant_id",), (self.tenant_id,)) for table in own),
        )

    def apply(self, rows: Rows) -> None:
        tenant, counted = rows.get(tenants, self.tenant_id), rows.get(counters, self.tenant_id)
        if tenant is None or counted is None:
            raise NotFound("The tenant no longer exists.")
        refuse_unexpected(
            self.expect, configuration_fingerprint(tenant["placement_epoch"], self.configuration)
        )
        policy = self.configuration.policy
        fields = {name: getattr(policy, name) for name in type(policy).__slots__}
        before = records.policy_of(tenant)
        with_choices(before, fields, has_people=counted["users"] > 0)
        self._refuse_one_pair_of_eyes(rows, before)
        rows.update(tenants, (self.tenant_id,), policy=records.policy_text(policy))
        self._keep_rules(rows)
        self._keep_privileged(rows)
        self._keep_protected(rows)
        self._keep_subscribers(rows)
        bump_epoch(rows, self.tenant_id)
        record_audit(
            rows,
            self.tenant_id,
            self.actor.at,
            self.actor.name,
            "config.applied",
            policy=records.policy_text(policy),
            rules=in_words(rows, self.tenant_id, self.configuration.rules),
            privileged=sorted(self.configuration.privileged),
            protected=[
                {"email": each.email, "until": each.until} for each in self.configuration.protected.values()
            ],
            notices=sorted(self.configuration.notices),
        )

    def _refuse_one_pair_of_eyes(self, rows: Rows, before: Policy) -> None:
        """Refuse to take away alone what takes two people: nobody gets around the other by a document."""
        wanted = self.configuration.protected
        lifts = not self.configuration.policy.four_eyes or any(
            key not in wanted or not wanted[key].covers(each)
            for key, each in self._protected(rows).items()
            if each.until is None or each.until > self.actor.at
        )
        if before.four_eyes and lifts:
            raise Refused(
                "Four eyes are on.",
                Remedy(
                    "{four_eyes:Switch them off} and {protected:lift protections} where a second person confirms it."
                ),
            )

    def _keep_rules(self, rows: Rows) -> None:
        wanted = {
            rule.id: records.rule_row(self.tenant_id, rule, rule.position)
            for rule in self.configuration.rules
        }
        for held in list(rows.find(rules, tenant_id=self.tenant_id)):
            if held["id"] not in wanted:
                rows.delete(rules, self.tenant_id, held["id"])
        for rule_id, row in wanted.items():
            if rows.get(rules, self.tenant_id, rule_id) is None:
                rows.insert(rules, row)
            else:
                key = (self.tenant_id, rule_id)
                rows.update(rules, key, position=row["position"], document=row["document"])

    def _keep_privileged(self, rows: Rows) -> None:
        held = {row["permission_set_id"] for row in rows.find(privileged_sets, tenant_id=self.tenant_id)}
        for gone in held - self.configuration.privileged:
            rows.delete(privileged_sets, self.tenant_id, gone)
        for new in self.configuration.privileged - held:
            mark: Row = {
                "tenant_id": self.tenant_id,
                "permission_set_id": new,
                "marked_at": self.actor.at,
                "marked_by": self.actor.name,
            }
            rows.insert(privileged_sets, mark)

    def _keep_protected(self, rows: Rows) -> None:
        wanted = self.configuration.protected
        held = self._protected(rows)
        for gone in held.keys() - wanted.keys():
            rows.delete(protected_users, self.tenant_id, gone)
        for key, each in wanted.items():
            said: dict[str, Any] = {"email": each.email, "reason": each.reason, "until": each.until}
            if key in held:
                rows.update(protected_users, (self.tenant_id, key), **said)
            else:
                user = ProtectedUser(**said, created_at=self.actor.at, created_by=self.actor.name)
                rows.insert(protected_users, records.protected_row(self.tenant_id, user))

    def _protected(self, rows: Rows) -> dict[str, Protection]:
        """Return the protections that are kept, those that have ended included."""
        return protections(
            Protection(row["email"], row["reason"], row["until"])
            for row in rows.find(protected_users, tenant_id=self.tenant_id)
        )

    def _keep_subscribers(self, rows: Rows) -> None:
        held = {
            (row["channel"], row["address"]): row["id"]
            for row in rows.find(subscriptions, tenant_id=self.tenant_id)
        }
        gone = {held[each] for each in held.keys() - self.configuration.notices}
        for subscription_id in gone:
            rows.delete(subscriptions, self.tenant_id, subscription_id)
        for message in list(rows.find(messages, tenant_id=self.tenant_id)) if gone else ():
            if message["subscription_id"] in gone:
                rows.delete(messages, self.tenant_id, message["id"])
        for row in self.subscribers:
            if (row["channel"], row["address"]) not in held:
                rows.insert(subscriptions, row)
