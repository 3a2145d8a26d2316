"""HubSpot's native SCIM: what a SCIM resource does to a user of the account, and how a user looks there.

Source: HubSpot's SCIM guide (August 2025). It publishes no reference of the wire; what is assumed beyond
the guide is listed in `docs/reference/assumptions.md`. Raises `ScimError`s only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from syncline.clock import Milliseconds
from syncline.portal.domain.account import PermissionSet, SetUp
from syncline.portal.domain.emails import domain_of, email_key, is_email
from syncline.portal.domain.seats import seat_first, set_without_seat
from syncline.portal.domain.user import AccountUser, ScimState, with_access
from syncline.scim.errors import Forbidden, InvalidValue
from syncline.scim.resource import Resource
from syncline.scim.schemas import USER_SCHEMA


def check_account(setup: SetUp) -> None:
    """Raise `Forbidden`, saying what to change, when the account does not meet SCIM's prerequisites."""
    account = setup.account
    if not account.tier.allows_scim:
        raise Forbidden(
            f"SCIM needs a HubSpot Professional or Enterprise account; this one is {account.tier.title()}."
        )
    if not account.sso:
        raise Forbidden("SCIM needs single sign-on, which is off. Turn it on in the account's settings.")


def check_email(resource: Resource, setup: SetUp) -> str:
    """Return the e-mail a resource stands for, its userName; `InvalidValue` unless its domain is verified."""
    email: str = resource["userName"].strip()
    if not is_email(email):
        raise InvalidValue("userName must be the user's e-mail address.")
    domain = domain_of(email)
    if domain not in setup.domains:
        verified = ", ".join(sorted(setup.domains)) or "none"
        raise InvalidValue(
            f"The domain {domain} is not verified in this HubSpot account (verified: {verified}). "
            "Add it on the SCIM component's page first."
        )
    return email


def roles_of(resource: Resource) -> tuple[str, ...]:
    """Return the role values of a resource, the primary one first, exactly as they were sent."""
    given = [role for role in resource.get("roles", ()) if isinstance(role, dict) and "value" in role]
    given.sort(key=lambda role: role.get("primary") is not True)
    return tuple(str(role["value"]) for role in given)


def set_for_roles(roles: Iterable[str], setup: SetUp) -> PermissionSet | None:
    """Return the permission set whose name is exactly that of the first role that has one."""
    named = {one.name: one for one in setup.permission_sets}
    return next((named[role] for role in roles if role in named), None)


def provisioned(
    user: AccountUser, resource: Resource, before: Resource | None, setup: SetUp, now: Milliseconds
) -> AccountUser:
    """Return the user as the identity provider now wants it; SCIM manages it from then on.

    `before` is what SCIM last said of a managed user, None for somebody new or converted. Roles count when
    they are said for the first time or differently, and only while role sync is on: a role without a
    permission set of exactly its name means minimal permissions. A name that is left out stays; teams always do.
    A user provisioned by SCIM needs no invitation. `InvalidValue` for a paid set without its seat, where seats are
    set first.
    """
    name = resource.get("name", {})
    managed = replace(
        user,
        email=resource["userName"].strip(),
        first_name=name.get("givenName", user.first_name),
        last_name=name.get("familyName", user.last_name),
        scim=ScimState.MANAGED,
        accepts_at=now if user.accepts_at is None else min(user.accepts_at, now),
    )
    managed = with_access(managed, active=resource.get("active") is not False, now=now)
    if not setup.role_sync or (before is not None and roles_of(before) == roles_of(resource)):
        return managed
    found = set_for_roles(roles_of(resource), setup)
    after = replace(
        managed,
        permission_set_ids=(found.id,) if found else (),
        super_admin=found is not None and found.super_admin,
    )
    if without_seat := set_without_seat(user, after, setup):
        raise InvalidValue(seat_first(without_seat))
    return after


def check_super_admins(before: AccountUser, after: AccountUser, super_admins: int) -> None:
    """Refuse to take the last super admin's power; `super_admins` counts the active ones of the account."""
    has_power = before.super_admin and before.active
    keeps_power = after.super_admin and after.active
    if has_power and not keeps_power and super_admins <= 1:
        raise Forbidden(
            "This is the last super admin of the HubSpot account, who can be neither deactivated nor demoted. "
            "Make somebody else a super admin first."
        )


def resource_of(user: AccountUser) -> Resource:
    """Return how a member whom SCIM does not manage yet looks to an identity provider that matches people."""
    resource: Resource = {"schemas": [USER_SCHEMA.id], "userName": user.email}
    name = {"givenName": user.first_name, "familyName": user.last_name}
    if given := {key: value for key, value in name.items() if value}:
        resource["name"] = given
    resource["emails"] = [{"value": user.email, "type": "work", "primary": True}]
    resource["active"] = user.active
    return resource


def in_step(resource: Resource, user: AccountUser) -> Resource:
    """Return a managed user's resource with what the account may have changed since: access and name."""
    changed: dict[str, Any] = {**resource, "active": user.active}
    if email_key(resource["userName"]) != email_key(user.email):
        changed["userName"] = user.email
    name = dict(resource.get("name", {}))
    for part, value in (("givenName", user.first_name), ("familyName", user.last_name)):
        if value and name.get(part) != value:
            name[part] = value
    return {**changed, "name": name} if name else changed
