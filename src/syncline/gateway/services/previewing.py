"""Previews: whom a change of rules, default role, policy, protection or connection would move, before it is saved.

The operation itself is tried on a store that keeps nothing, then everybody is decided twice by the function the drain
decides with: under the set-up as it is, and as it would be.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from syncline.gateway.domain.errors import Invalid
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import TenantMode
from syncline.gateway.services.calling import Operation, check_arguments, named
from syncline.gateway.services.comparing import Comparison
from syncline.gateway.services.configuring import Configuring
from syncline.gateway.services.connections import Connections
from syncline.gateway.services.planning import MOST, Planning
from syncline.gateway.services.policies import Policies
from syncline.gateway.services.ports import Progress, Store, Tenant
from syncline.gateway.services.proposing import ProposedChoices
from syncline.gateway.services.tenants import Tenants
from syncline.gateway.services.trying import AtAccount, packed
from syncline.gateway.services.walking import tallied

CONNECTION = "connection.set"
PREVIEWED = (
    "policy.set",
    "rule.add",
    "rule.move",
    "rule.remove",
    "role.default",
    "protect.add",
    "protect.remove",
    "config.apply",
    CONNECTION,
)
"""The operations whose changes can be previewed."""


class Previewing:
    """The `plan.preview`, `plan.change` and `config.diff` operations."""

    def __init__(
        self,
        store: Store,
        tenants: Tenants,
        planning: Planning,
        connections: Connections,
        policies: Policies,
        configuring: Configuring,
    ) -> None:
        self._store = store
        self._tenants = tenants
        self._planning = planning
        self._connections = connections
        self._policies = policies
        self._configuring = configuring

    async def preview(
        self,
        actor: str,
        tenant: str,
        change: str,
        arguments: Mapping[str, Any],
        limit: int = 50,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Return whom a change would move, and the fingerprint under which it can be saved; nothing is saved.

        `change` names the operation that would save it, one of `PREVIEWED`; its refusals are this one's. At most 1,000
        of the people are listed.
        """
        if not 0 <= limit <= MOST:
            raise Invalid(f"A preview lists at most {MOST} people.")
        found = await self._tenants.find(tenant)
        setup = await self._planning.setup(found)
        if change == CONNECTION:
            there = await self._tried(actor, found, setup, arguments)
            after, mark, seen = there.setup, there.fingerprint, there.people.seen
        else:
            await self._planning.fresh(found)
            setup = await self._planning.setup(found)
            choices = await self._proposed(actor, found, setup, change, arguments)
            if choices.setup.lacks_crm_records:  # whom it would move nobody can tell before they are read
                await self._connections.read(found, asked_by=actor, crm=True)
                setup = await self._planning.setup(found)
                choices = await self._proposed(actor, found, setup, change, arguments)
            after, mark, seen = choices.setup, choices.fingerprint, None
        make = partial(Comparison, setup, after, limit, seen=seen)
        comparison = await tallied(self._planning.walks, found.id, make, progress)
        return {"mode": found.mode.value, **comparison.shown(), "fingerprint": mark}

    async def change(
        self,
        actor: str,
        tenant: str,
        change: str,
        arguments: Mapping[str, Any],
        confirmed: bool = False,
        expect: str | None = None,
        limit: int = 50,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Save a change of the choices, unless it would move people of a live tenant unseen.

        Then nothing is saved and `preview` says whom: call again with its fingerprint as `expect`, or `confirmed`.
        Raises `Conflict` when what would be saved is not what `expect` names.
        """
        found = await self._tenants.find(tenant)
        if expect is None and not confirmed and found.mode is TenantMode.LIVE:
            preview = await self.preview(actor, tenant, change, arguments, limit, progress)
            if preview["would_change"]:
                return {"saved": None, "preview": preview}
            expect = preview["fingerprint"]
        saving = named(_savable(self._policies, self._configuring), change)
        given = {**arguments, "tenant": tenant, "expect": expect}
        check_arguments(saving, change, actor, given)
        return {"saved": await saving(actor, **given), "preview": None}

    async def compare(
        self,
        actor: str,
        tenant: str,
        document: Mapping[str, Any],
        limit: int = 50,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Return what applying a document would change in the choices, and whom at HubSpot; nothing is saved.

        `preview` is None for a tenant without a connection: nothing is decided about its people yet.
        """
        found = await self._tenants.find(tenant)
        changes = await self._configuring.changes(found, document)
        preview = None
        if found.mode is not TenantMode.COLLECTING:
            arguments = {"document": document}
            preview = await self.preview(actor, tenant, "config.apply", arguments, limit, progress)
        return {"changes": changes, "preview": preview}

    async def _proposed(
        self, actor: str, tenant: Tenant, setup: Setup, change: str, arguments: Mapping[str, Any]
    ) -> ProposedChoices:
        has_people = (await self._store.backlog.totals(tenant.id)).users > 0
        choices = ProposedChoices(self._store.setup, setup, has_people=has_people)
        tried = self._policies.on(choices)
        run = named(
            {
                **_savable(tried, self._configuring.on(choices)),
                "protect.add": tried.protect,
                "protect.remove": tried.unprotect,
            },
            change,
        )
        given = {**arguments, "tenant": tenant.name}
        check_arguments(run, change, actor, given)
        await run(actor, **given)
        return choices

    async def _tried(
        self, actor: str, tenant: Tenant, setup: Setup, arguments: Mapping[str, Any]
    ) -> AtAccount:
        given = {**arguments, "tenant": tenant.name}
        check_arguments(self._connections.set, CONNECTION, actor, given)
        trial = await self._connections.attempt(
            **{name: value for name, value in given.items() if name != "expect"}
        )
        before = await self._store.setup.connection(tenant.id)
        return AtAccount(setup, before, trial.connection, await packed(trial.reading.users))


def _savable(policies: Policies, configuring: Configuring) -> Mapping[str, Operation]:
    return {
        "config.apply": configuring.apply,
        "policy.set": policies.set,
        "rule.add": policies.add_rule,
        "rule.move": policies.move_rule,
        "rule.remove": policies.remove_rule,
        "role.default": policies.default_role,
    }
