"""Every operation by name: what the command line, the local socket and the admin API call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from syncline.clock import Clock
from syncline.gateway.services.api_keys import ApiKeys
from syncline.gateway.services.approving import Approving
from syncline.gateway.services.auditing import Auditing
from syncline.gateway.services.authorizing import Authorizing
from syncline.gateway.services.calling import Operation, check_arguments, named
from syncline.gateway.services.configuring import Configuring
from syncline.gateway.services.connections import Connections
from syncline.gateway.services.consenting import Consenting
from syncline.gateway.services.credentials import TokenFingerprint, Tokens
from syncline.gateway.services.drafting import Drafting
from syncline.gateway.services.drifting import Drifting
from syncline.gateway.services.inbox import ADOPTIONS, GRANTS, LEAVERS, Inbox
from syncline.gateway.services.keeping import Keeping
from syncline.gateway.services.log import Log
from syncline.gateway.services.noticing import CheckAddress
from syncline.gateway.services.operators import Operators
from syncline.gateway.services.people import People
from syncline.gateway.services.planning import Planning
from syncline.gateway.services.policies import Policies
from syncline.gateway.services.ports import Links, Store, Wake, Walks
from syncline.gateway.services.previewing import Previewing
from syncline.gateway.services.removing import Removing
from syncline.gateway.services.rereading import Rereading
from syncline.gateway.services.roles import Roles
from syncline.gateway.services.seating import Seating
from syncline.gateway.services.tenants import Tenants

_Table = Mapping[str, Operation]


def operations(
    store: Store,
    walks: Walks,
    clock: Clock,
    *,
    fingerprint: TokenFingerprint,
    scim_base_url: Callable[[], str],
    wake: Wake,
    links: Links,
    connections: Connections,
    authorizing: Authorizing,
    address: Callable[[], str],
    check_notice_address: CheckAddress,
) -> _Table:
    """Return the table of operations. Each takes who asks, then keyword arguments, and returns what JSON can hold."""
    tenants = Tenants(store, clock, scim_base_url, wake)
    tokens = Tokens(store.setup, tenants, fingerprint, clock, scim_base_url)
    policies = Policies(store.setup, store.journal, tenants, clock, wake)
    planning = Planning(store, walks, tenants, connections, clock)
    configuring = Configuring(
        store.setup, store.notices, store.journal, tenants, check_notice_address, clock, wake
    )
    previewing = Previewing(store, tenants, planning, connections, policies, configuring)
    return {
        **_tenants(tenants, tokens, Removing(store, tenants, authorizing, clock), Auditing(store, tenants)),
        **_connections(connections, authorizing),
        **_choices(policies, configuring, previewing),
        **_seen(Roles(store, tenants), Seating(store, tenants, connections)),
        **_plans(store, tenants, planning, previewing, clock, wake),
        **_waiting(store, tenants, clock, wake),
        **_account(Drifting(store, tenants, connections, clock, wake)),
        **_people(People(store, tenants, clock, wake), Rereading(store, tenants, links, clock, wake)),
        **_log(Log(store, tenants)),
        **_operators(
            Operators(store.operators, tenants, fingerprint, clock, address),
            ApiKeys(store.operators, tenants, fingerprint, clock),
        ),
    }


def _tenants(tenants: Tenants, tokens: Tokens, removing: Removing, auditing: Auditing) -> _Table:
    return {
        "tenant.create": tenants.create,
        "tenant.list": tenants.list,
        "tenant.page": tenants.page,
        "tenant.show": tenants.show,
        "tenant.mode": tenants.mode,
        "tenant.delete": removing.delete,
        "token.create": tokens.create,
        "token.list": tokens.list,
        "token.revoke": tokens.revoke,
        "audit.list": auditing.list,
    }


def _connections(connections: Connections, authorizing: Authorizing) -> _Table:
    return {
        "connection.set": connections.set,
        "connection.check": connections.check,
        "connection.show": connections.show,
        "connection.resume": connections.resume,
        "connection.authorize": authorizing.authorize,
        "connection.authorization": authorizing.authorization,
        "connection.revoke": authorizing.revoke,
    }


def _choices(policies: Policies, configuring: Configuring, previewing: Previewing) -> _Table:
    return {
        "config.export": configuring.export,
        "config.diff": previewing.compare,
        "config.apply": configuring.apply,
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
    }


def _seen(roles: Roles, seating: Seating) -> _Table:
    return {
        "roles.seen": roles.seen,
        "roles.attributes": roles.attributes,
        "seats.list": seating.list,
    }


def _plans(
    store: Store, tenants: Tenants, planning: Planning, previewing: Previewing, clock: Clock, wake: Wake
) -> _Table:
    consenting = Consenting(store, tenants, planning, clock, wake)
    drafting = Drafting(store, tenants, planning, consenting, clock)
    return {
        "plan.show": planning.show,
        "plan.people": planning.people,
        "plan.preview": previewing.preview,
        "plan.change": previewing.change,
        "plan.begin": drafting.begin,
        "plan.consent": drafting.consent,
        "plan.latest": drafting.latest,
        "plan.approve": consenting.approve,
        "plan.deliver": consenting.deliver,
    }


def _waiting(store: Store, tenants: Tenants, clock: Clock, wake: Wake) -> _Table:
    """Return what settles who waits for an operator."""
    leavers, grants, adoptions = (
        Inbox(awaited, store, tenants, clock, wake) for awaited in (LEAVERS, GRANTS, ADOPTIONS)
    )
    keeping = Keeping(store, tenants, clock, wake)
    approving = Approving(store, tenants, clock, wake)
    return {
        "leavers.list": leavers.waiting,
        "leavers.release": leavers.approve,
        "leavers.gone": keeping.gone,
        "leavers.keep": keeping.keep,
        "leavers.restore": keeping.restore,
        "leavers.exceptions": keeping.exceptions,
        "leavers.end": keeping.end,
        "approvals.list": grants.waiting,
        "approvals.grant": grants.approve,
        "approvals.given": approving.list_given,
        "approvals.pending": approving.list_pending,
        "adoptions.list": adoptions.waiting,
        "adoptions.approve": adoptions.approve,
        "privileged.list": approving.list_privileged,
        "privileged.mark": approving.mark,
        "privileged.unmark": approving.unmark,
    }


def _account(drifting: Drifting) -> _Table:
    return {
        "reconcile.run": drifting.reconcile,
        "reconcile.show": drifting.show,
        "drift.list": drifting.list,
        "drift.enforce": drifting.enforce,
        "drift.accept": drifting.accept,
        "orphans.list": drifting.orphans,
    }


def _people(people: People, rereading: Rereading) -> _Table:
    return {
        "users.list": people.list_users,
        "users.show": people.show_user,
        "users.release": people.release,
        "users.read": rereading.read,
        "groups.list": people.list_groups,
        "groups.show": people.show_group,
        "groups.members": people.list_members,
    }


def _log(log: Log) -> _Table:
    return {"events.list": log.list, "events.show": log.show}


def _operators(operators: Operators, api_keys: ApiKeys) -> _Table:
    return {
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
    table: _Table,
    name: str,
    actor: str,
    arguments: Mapping[str, Any],
    progress: Callable[[Mapping[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Run one operation; raises `Invalid` for an unknown one or for arguments it does not take.

    An operation that takes long and has a parameter `progress` tells there how far it is.
    """
    operation = named(table, name)
    told = {"progress": progress} if "progress" in inspect.signature(operation).parameters else {}
    check_arguments(operation, name, actor, {**arguments, **told})
    return await operation(actor, **arguments, **told)
