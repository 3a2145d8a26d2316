"""Which permission each operation asks for: one table for the console and the admin API.

The command line asks for none: who can run it owns the data folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from syncline.gateway.domain.operators import Permission

_V, _A, _P, _D, _S = (
    Permission.VIEW,
    Permission.AUDIT,
    Permission.APPROVE,
    Permission.DELIVER,
    Permission.SET_UP,
)

NEEDED: Final[Mapping[str, Permission]] = {
    "tenant.create": Permission.TENANTS,
    "tenant.list": _V,
    "tenant.show": _V,
    "tenant.mode": _S,
    "token.create": _S,
    "token.list": _V,
    "token.revoke": _S,
    "connection.set": _S,
    "connection.check": _S,
    "connection.show": _V,
    "connection.authorize": _S,
    "connection.authorization": _S,
    "connection.revoke": _S,
    "connection.resume": _S,
    "notice.list": _V,
    "notice.subscribe": _S,
    "notice.unsubscribe": _S,
    "notice.test": _S,
    "policy.set": _S,
    "policy.show": _V,
    "rule.add": _S,
    "rule.list": _V,
    "rule.move": _S,
    "rule.remove": _S,
    "role.default": _S,
    "protect.add": _S,
    "protect.list": _V,
    "protect.remove": _S,
    "leavers.list": _V,
    "leavers.release": _P,
    "approvals.list": _V,
    "approvals.grant": _P,
    "adoptions.list": _V,
    "adoptions.approve": _P,
    "privileged.list": _V,
    "privileged.mark": _S,
    "privileged.unmark": _S,
    "plan.show": _V,
    "plan.people": _V,
    "plan.preview": _S,
    "plan.change": _S,
    "plan.approve": _P,
    "plan.deliver": _D,
    "roles.seen": _V,
    "plan.begin": _P,
    "plan.consent": _P,
    "plan.latest": _V,
    "reconcile.run": _D,
    "reconcile.show": _V,
    "drift.list": _V,
    "drift.enforce": _P,
    "drift.accept": _P,
    "users.list": _V,
    "users.show": _V,
    "users.release": _D,
    "users.read": _D,
    "groups.list": _V,
    "groups.show": _V,
    "groups.members": _V,
    "events.list": _V,
    "events.show": _V,
    "events.reads": _V,
    "operator.list": Permission.PEOPLE,
    "operator.invite": Permission.PEOPLE,
    "operator.link": Permission.PEOPLE,
    "operator.role": Permission.PEOPLE,
    "operator.remove": Permission.PEOPLE,
    "operator.withdraw": Permission.PEOPLE,
    "api_key.create": Permission.PEOPLE,
    "api_key.list": Permission.PEOPLE,
    "api_key.revoke": Permission.PEOPLE,
}
"""An operation that is not here can be run from the command line only."""
