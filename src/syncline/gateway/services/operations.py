"""Every operation by name: what the command line, the local socket and the admin API call."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.errors import Invalid
from syncline.gateway.services.api_keys import ApiKeys
from syncline.gateway.services.approving import Approving
from syncline.gateway.services.authorizing import Authorizing
from syncline.gateway.services.connections import Connections
from syncline.gateway.services.credentials import TokenFingerprint, Tokens
from syncline.gateway.services.log import Log
from syncline.gateway.services.operators import Operators
from syncline.gateway.services.people import People
from syncline.gateway.services.planning import Planning
from syncline.gateway.services.policies import Policies
from syncline.gateway.services.ports import Store, Wake
from syncline.gateway.services.tenants import Tenants

Operation = Callable[..., Awaitable[dict[str, Any]]]


def operations(
    store: Store,
    clock: Clock,
    *,
    fingerprint: TokenFingerprint,
    scim_base_url: Callable[[], str],
    wake: Wake,
    connections: Connections,
    authorizing: Authorizing,
    address: Callable[[], str],
) -> Mapping[str, Operation]:
    """Return the table of operations. Each takes who asks, then keyword arguments, and returns what JSON can hold."""
    tenants = Tenants(store, clock, scim_base_url, wake)
    tokens = Tokens(store.setup, tenants, fingerprint, clock, scim_base_url)
    policies = Policies(store, tenants, clock, wake)
    planning = Planning(store, tenants, connections, clock, wake)
    approving = Approving(store, tenants, clock, wake)
    people = People(store, tenants, clock, wake)
    log = Log(store, tenants)
    operators = Operators(store.operators, tenants, fingerprint, clock, address)
    api_keys = ApiKeys(store.operators, tenants, fingerprint, clock)
    return {
        "tenant.create": tenants.create,
        "tenant.list": tenants.list,
        "tenant.show": tenants.show,
        "tenant.mode": tenants.mode,
        "token.create": tokens.create,
        "token.list": tokens.list,
        "token.revoke": tokens.revoke,
        "connection.set": connections.set,
        "connection.check": connections.check,
        "connection.show": connections.show,
        "connection.resume": connections.resume,
        "connection.authorize": authorizing.authorize,
        "connection.authorization": authorizing.authorization,
        "connection.revoke": authorizing.revoke,
        "policy.set": policies.set,
        "policy.show": policies.show,
        "rule.add": policies.add_rule,
        "rule.list": policies.list_rules,
        "rule.move": policies.move_rule,
        "rule.remove": policies.remove_rule,
        "role.default": policies.default_role,
        "protect.add": policies.protect,
        "protect.list": policies.list_protected,
        "protect.remove": policies.unprotect,
        "leavers.list": approving.list_leavers,
        "leavers.release": approving.release_leavers,
        "approvals.list": approving.list_approvals,
        "approvals.grant": approving.grant,
        "privileged.list": approving.list_privileged,
        "privileged.mark": approving.mark,
        "privileged.unmark": approving.unmark,
        "plan.show": planning.show,
        "plan.approve": planning.approve,
        "users.list": people.list_users,
        "users.show": people.show_user,
        "users.release": people.release,
        "groups.list": people.list_groups,
        "groups.show": people.show_group,
        "events.list": log.list,
        "events.show": log.show,
        "operator.list": operators.list,
        "operator.invite": operators.invite,
        "operator.link": operators.link,
        "operator.role": operators.role,
        "operator.remove": operators.remove,
        "operator.withdraw": operators.withdraw,
        "api_key.create": api_keys.create,
        "api_key.list": api_keys.list,
        "api_key.revoke": api_keys.revoke,
    }


async def run_operation(
    table: Mapping[str, Operation],
    name: str,
    actor: str,
    arguments: Mapping[str, Any],
    progress: Callable[[Mapping[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Run one operation; raises `Invalid` for an unknown one or for arguments it does not take.

    An operation that takes long and has a parameter `progress` tells there how far it is.
    """
    operation = table.get(name)
    if operation is None:
        raise Invalid(f"There is no operation {name!r}.")
    signature = inspect.signature(operation)
    told = {"progress": progress} if "progress" in signature.parameters else {}
    try:
        signature.bind(actor, **arguments, **told)
    except TypeError as error:
        raise Invalid(f"{name} cannot be called so: {error}.") from None
    return await operation(actor, **arguments, **told)
