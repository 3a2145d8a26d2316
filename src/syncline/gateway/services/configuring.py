"""Tenant as code: all choices of a tenant exported as a document, and applied as one, whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.account import Account
from syncline.gateway.domain.configuration import Configuration, Protection, protections
from syncline.gateway.domain.consent import refuse_too_far
from syncline.gateway.domain.errors import Refused
from syncline.gateway.domain.rules import Rule, RuleKind
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.configuration_changes import changes_between
from syncline.gateway.services.configuration_document import configuration_of, document_of
from syncline.gateway.services.finding import find_group
from syncline.gateway.services.noticing import CheckAddress, new_secret
from syncline.gateway.services.ports import Actor, ChoiceStore, JournalStore, Tenant, Wake
from syncline.gateway.services.ports.notices import ChannelKind, NoticeStore, Subscription
from syncline.gateway.services.tenants import Tenants


class Configuring:
    """The `config.export` and `config.apply` operations."""

    def __init__(
        self,
        choices: ChoiceStore,
        notices: NoticeStore,
        journal: JournalStore,
        tenants: Tenants,
        check_address: CheckAddress,
        clock: Clock,
        wake: Wake,
    ) -> None:
        self._choices = choices
        self._notices = notices
        self._journal = journal
        self._tenants = tenants
        self._check_address = check_address
        self._clock = clock
        self._wake = wake

    def on(self, choices: ChoiceStore) -> Configuring:
        """Return the same operations on another store, one that keeps nothing for example; nobody is woken."""
        return Configuring(
            choices,
            self._notices,
            self._journal,
            self._tenants,
            self._check_address,
            self._clock,
            lambda _tenant: None,
        )

    async def export(self, actor: str, tenant: str) -> dict[str, Any]:
        """Return the document of all choices; it holds no secret, and permission sets and teams by name."""
        found = await self._tenants.find(tenant)
        return document_of(await self._configuration(found), await self._account(found))

    async def apply(
        self, actor: str, tenant: str, document: Mapping[str, Any], expect: str | None = None
    ) -> dict[str, Any]:
        """Have the choices be what the document says, all of them or none; what it leaves out stays.

        Returns what was changed: nothing when all was so already, and then nothing is written. Webhooks that are new
        get a secret, which is in the answer and nowhere else. Raises `Invalid`, `NotFound`, `Refused`, and `Conflict`
        when `expect`, the fingerprint of a preview, names something else.
        """
        found = await self._tenants.find(tenant)
        known, wanted, account = await self._wanted(found, document)
        changes = changes_between(known, wanted, account)
        if not changes and expect is None:
            return {"changes": [], "webhooks": []}
        now = self._clock.now()
        held = {(each.channel.value, each.address) for each in await self._notices.subscriptions(found.id)}
        new = [
            _subscription(found, channel, address, actor, now)
            for channel, address in sorted(wanted.notices - held)
        ]
        await self._choices.configure(found.id, wanted, new, Actor(actor, now), expect)
        self._wake(found.id)
        webhooks = [
            {"address": each.address, "secret": each.secret} for each in new if each.secret is not None
        ]
        return {"changes": changes, "webhooks": webhooks}

    async def changes(self, tenant: Tenant, document: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return what applying the document would change; raises what `apply` raises for a document."""
        return changes_between(*await self._wanted(tenant, document))

    async def _wanted(
        self, tenant: Tenant, document: Mapping[str, Any]
    ) -> tuple[Configuration, Configuration, Account | None]:
        known, account = await self._configuration(tenant), await self._account(tenant)
        wanted = configuration_of(document, known, account)
        wanted = replace(wanted, rules=await self._with_group_ids(tenant, known.rules, wanted.rules))
        if tenant.mode is TenantMode.LIVE and wanted.policy.deactivated is None:
            raise Refused("policy.deactivated: a live tenant says what leaving means at HubSpot.")
        for key, each in wanted.protected.items():
            if each.until is not None and each != known.protected.get(key):
                refuse_too_far(each.until, self._clock.now())
        checked = frozenset(
            (channel, self._check_address(ChannelKind(channel), address))
            for channel, address in wanted.notices - known.notices
        )
        return known, replace(wanted, notices=(wanted.notices & known.notices) | checked), account

    async def _with_group_ids(
        self, tenant: Tenant, known: Sequence[Rule], wanted: Sequence[Rule]
    ) -> tuple[Rule, ...]:
        """Return the rules with groups by id; raises `NotFound` for a group nobody knows, and no rule there is."""
        gone = {each.match for each in known if each.kind is RuleKind.GROUP}
        rules = list(wanted)
        for place, rule in enumerate(rules):
            if rule.kind is RuleKind.GROUP and rule.match not in gone:
                found = await find_group(self._journal, tenant, rule.match)
                rules[place] = replace(rule, match=found.id)
        return tuple(rules)

    async def _configuration(self, tenant: Tenant) -> Configuration:
        protected = await self._choices.protected_users(tenant.id)
        subscriptions = await self._notices.subscriptions(tenant.id)
        return Configuration(
            policy=tenant.policy,
            rules=tuple(await self._choices.rules(tenant.id)),
            privileged=await self._choices.privileged(tenant.id),
            protected=protections(Protection(each.email, each.reason, each.until) for each in protected),
            notices=frozenset((each.channel.value, each.address) for each in subscriptions),
        )

    async def _account(self, tenant: Tenant) -> Account | None:
        connection = await self._choices.connection(tenant.id)
        return None if connection is None else connection.account


def _subscription(tenant: Tenant, channel: str, address: str, actor: str, now: int) -> Subscription:
    return Subscription(
        tenant_id=tenant.id,
        id=uuid.uuid4().hex[:10],
        channel=ChannelKind(channel),
        address=address,
        secret=new_secret() if channel == ChannelKind.WEBHOOK else None,
        created_at=now,
        created_by=actor,
    )
