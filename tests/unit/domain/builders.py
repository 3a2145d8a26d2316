"""A small account and the people in it; every builder takes what a test wants to differ."""

from __future__ import annotations

from typing import Any

from hypothesis import settings

from syncline.gateway.domain.account import Account, AccountUser, PermissionSet, Team
from syncline.gateway.domain.delivery import Access, Delivery, Intent, Origin
from syncline.gateway.domain.person import GroupRef, Person, person_from
from syncline.gateway.domain.rules import Rule, RuleKind
from syncline.gateway.domain.setup import Setup
from syncline.gateway.domain.tenant import EmailSource, LeaverPolicy, Policy, TenantId, TenantMode
from tests.support.examples import examples

unhurried = settings(max_examples=examples(100), deadline=None, derandomize=True, database=None)
"""For properties: the same examples on every run, however slow the machine."""

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
STANDARD, SALES, MANAGER, EMPTY = "ps-1", "ps-2", "ps-3", "ps-9"
NORTH, SOUTH, DEALS = "team-1", "team-2", "team-3"
EMAIL = "ada@example.com"

ACCOUNT = Account(
    portal_id=4711,
    permission_sets=(
        PermissionSet(STANDARD, "Standard User"),
        PermissionSet(SALES, "Sales User"),
        PermissionSet(MANAGER, "Manager"),
        PermissionSet(EMPTY, "No Access"),
    ),
    teams=(Team(NORTH, "North"), Team(SOUTH, "South"), Team(DEALS, "Deals")),
    super_admin_count=2,
)


def make_person(
    *,
    email: str = EMAIL,
    active: bool = True,
    roles: tuple[str, ...] = (),
    groups: tuple[GroupRef, ...] = (),
    names: tuple[str | None, str | None] = ("Ada", "Byron"),
    department: str | None = None,
    source: EmailSource = EmailSource.USER_NAME,
    **attributes: Any,
) -> Person:
    name = {"givenName": names[0], "familyName": names[1]}
    resource: dict[str, Any] = {
        "userName": email,
        "active": active,
        "name": {key: value for key, value in name.items() if value is not None},
        "roles": [{"value": role} for role in roles],
        **attributes,
    }
    if department is not None:
        resource[ENTERPRISE] = {"department": department}
    return person_from("u1", resource, groups, source)


def make_delivery(**fields: Any) -> Delivery:
    return Delivery(**{"key": EMAIL, "email": EMAIL, "user_id": "u1", **fields})


def ours(access: Access = Access.ACTIVE, origin: Origin = Origin.CREATED, **fields: Any) -> Delivery:
    """A delivery whose HubSpot user, number 100, is under our care."""
    return make_delivery(**{"hubspot_id": "100", "origin": origin, "access": access, **fields})


def deleted(delivery: Delivery) -> Delivery:
    fields = {name: getattr(delivery, name) for name in Delivery.__struct_fields__}
    return Delivery(**{**fields, "intent": Intent.DELETED, "user_id": None})


def make_known(**fields: Any) -> AccountUser:
    standard: dict[str, Any] = {
        "hubspot_id": "100",
        "email": EMAIL,
        "first_name": "Ada",
        "last_name": "Byron",
        "permission_set_ids": (STANDARD,),
        "active": True,
    }
    return AccountUser(**{**standard, **fields})


def make_policy(**fields: Any) -> Policy:
    return Policy(**{"deactivated": LeaverPolicy.DEACTIVATE, "default_permission_set": STANDARD, **fields})


def make_setup(policy: Policy | None = None, **fields: Any) -> Setup:
    standard: dict[str, Any] = {
        "tenant_id": TenantId("t1"),
        "mode": TenantMode.LIVE,
        "policy": policy if policy is not None else make_policy(),
        "account": ACCOUNT,
        "scim_channel": True,
        "plan_approved": True,
    }
    return Setup(**{**standard, **fields})


def role_rule(role: str, *, rule_id: str = "r1", position: int = 1, **outputs: Any) -> Rule:
    return Rule(id=rule_id, position=position, kind=RuleKind.ROLE, match=role, **outputs)


def group_rule(group: str, *, rule_id: str = "r1", position: int = 1, **outputs: Any) -> Rule:
    return Rule(id=rule_id, position=position, kind=RuleKind.GROUP, match=group, **outputs)


def attribute_rule(path: str, equals: str, *, rule_id: str = "r1", position: int = 1, **outputs: Any) -> Rule:
    return Rule(id=rule_id, position=position, kind=RuleKind.ATTRIBUTE, match=path, equals=equals, **outputs)
