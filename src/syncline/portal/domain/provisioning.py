"""What the user-provisioning API does to a user: checks first, then the user as it will be.

Source: HubSpot's user-provisioning guide and OpenAPI; the probed behaviour of removal and names. Every
function raises `HubSpotError`s only, before anything is decided.
"""

from __future__ import annotations

from dataclasses import replace

from msgspec import UNSET

from syncline.clock import Milliseconds
from syncline.portal.domain.account import SetUp
from syncline.portal.domain.emails import is_email
from syncline.portal.domain.errors import (
    Detail,
    ObjectAlreadyExists,
    ObjectNotFound,
    ValidationError,
    names_need_a_hub,
)
from syncline.portal.domain.requests import Given, UserFields, UserProvisionRequest
from syncline.portal.domain.scopes import BILLING
from syncline.portal.domain.seats import seat_first, set_without_seat
from syncline.portal.domain.user import AccountUser, ScimState, returning, stamped

LONGEST_NAME = 200


def check_email(email: str) -> str:
    """Return the address without surrounding blanks; `ValidationError` when it is none."""
    trimmed = email.strip()
    if not is_email(trimmed):
        raise ValidationError(
            f"Email address {trimmed[:100]!r} is invalid.",
            Detail("Not an e-mail address.", code="INVALID_EMAIL", where="email"),
        )
    return trimmed


def check_fields(fields: UserFields, setup: SetUp, *, may_bill: bool) -> None:
    """Raise `ValidationError` naming every field that cannot be carried out in this account."""
    wrong = [
        *_wrong_name("firstName", fields.first_name),
        *_wrong_name("lastName", fields.last_name),
        *_wrong_role(fields.role_id, setup, may_bill=may_bill),
        *_wrong_teams(fields, setup),
        *_wrong_seats(fields, setup, may_bill=may_bill),
    ]
    if wrong:
        raise ValidationError(f"Invalid input: {wrong[0].message}", *wrong)


def check_is_new(user: AccountUser | None, setup: SetUp) -> None:
    """Refuse to create somebody who is there; 409, or 400 where the account's flag says so."""
    if user is None or not user.present:
        return
    message = f"A user with the email {user.email} already exists in this account."
    detail = Detail("The user is already in this account.", code="USER_ALREADY_EXISTS", where="email")
    if setup.account.flags.duplicate_create == 400:
        raise ValidationError(message, detail)
    raise ObjectAlreadyExists(message, detail)


def invited(
    blank: AccountUser,
    request: UserProvisionRequest,
    setup: SetUp,
    now: Milliseconds,
    *,
    by_hand: bool = False,
) -> AccountUser:
    """Return the user a create makes of somebody who is not in the account: invited, with what was asked.

    Only a person at the account's own pages (`by_hand`) makes super admins.
    """
    user = replace(
        returning(blank),
        accepts_at=setup.account.invites.accepted_at(now),
        deactivated_at=None,
        removed_at=None,
        scim=ScimState.MEMBER,
    )
    after = _with_fields(user, request, setup)
    if after.super_admin and not by_hand:
        raise _super_admin_refused()
    _check_seat(returning(blank), after, setup)
    return after


def updated(
    user: AccountUser,
    request: UserFields,
    setup: SetUp,
    *,
    on_a_hub: bool,
    now: Milliseconds,
    by_hand: bool = False,
) -> AccountUser:
    """Return the user after an update.

    `on_a_hub` tells whether the person accepted an invitation to any account: before that HubSpot refuses
    names. What SCIM manages is refused as the account's flags say, and by hand always; saying it again unchanged is
    no change. Only a person at the account's own pages (`by_hand`) makes and unmakes super admins.
    """
    after = stamped(user, _with_fields(user, request, setup), now)
    if user.scim is ScimState.MANAGED:
        _check_managed(user, after, setup, by_hand=by_hand)
    elif request.names_given and not on_a_hub:
        raise names_need_a_hub()
    if after.super_admin != user.super_admin and not by_hand:
        raise _super_admin_refused()
    _check_seat(user, after, setup)
    return after


def check_removable(user: AccountUser, super_admins: int) -> None:
    """Refuse to take the last super admin's access; `super_admins` counts the active ones of the account."""
    if user.super_admin and user.active and super_admins <= 1:
        raise ValidationError(
            "The last super admin of an account can't be removed.",
            Detail("Make somebody else a super admin first.", code="LAST_SUPER_ADMIN"),
        )


def not_found(user_key: str) -> ObjectNotFound:
    """Return the answer for a user who is not in the account."""
    return ObjectNotFound(f"No user was found for {user_key[:100]!r}.")


def _with_fields(user: AccountUser, fields: UserFields, setup: SetUp) -> AccountUser:
    sets = user.permission_set_ids
    if fields.role_id is not UNSET:
        sets = (fields.role_id,) if fields.role_id else ()
    primary = _value(fields.primary_team_id, user.primary_team_id)
    secondary = user.secondary_team_ids
    if fields.secondary_team_ids is not UNSET:
        secondary = tuple(dict.fromkeys(fields.secondary_team_ids or ()))
    seats = user.seat_names
    if fields.seat_names is not UNSET:
        seats = tuple(sorted({*(fields.seat_names or ())}))
    return replace(
        user,
        seat_names=seats,
        first_name=_value(fields.first_name, user.first_name),
        last_name=_value(fields.last_name, user.last_name),
        permission_set_ids=sets,
        primary_team_id=primary,
        secondary_team_ids=tuple(team for team in secondary if team != primary),
        super_admin=setup.grants_super_admin(sets),
    )


def _value(given: Given, current: str | None) -> str | None:
    return current if given is UNSET else given or None


def _super_admin_refused() -> ValidationError:
    return ValidationError(
        "Super admin permissions can't be granted or removed with this API.",
        Detail("Change this user's permissions in HubSpot.", code="SUPER_ADMIN", where="roleId"),
    )


def _check_seat(before: AccountUser, after: AccountUser, setup: SetUp) -> None:
    if wanted := set_without_seat(before, after, setup):
        raise ValidationError(
            seat_first(wanted), Detail("The seat comes first.", code="SEAT_REQUIRED", where="roleId")
        )


def _check_managed(before: AccountUser, after: AccountUser, setup: SetUp, *, by_hand: bool) -> None:
    flags, named = setup.account.flags, (before.first_name, before.last_name)
    if (by_hand or flags.scim_names_read_only) and (after.first_name, after.last_name) != named:
        raise ValidationError(
            "This user's name is managed by your identity provider and can't be changed here.",
            Detail("The user is managed through SCIM.", code="USER_MANAGED_BY_SCIM", where="firstName"),
        )
    frozen = (by_hand or flags.scim_permissions_read_only) and setup.role_sync
    if frozen and after.permission_set_ids != before.permission_set_ids:
        raise ValidationError(
            "This user's permissions are managed by your identity provider and can't be changed here.",
            Detail("Permission set management is on.", code="USER_MANAGED_BY_SCIM", where="roleId"),
        )


def _wrong_name(field: str, name: Given) -> list[Detail]:
    if isinstance(name, str) and (len(name) > LONGEST_NAME or not name.isprintable()):
        message = f"{field} must be printable text of at most {LONGEST_NAME} characters."
        return [Detail(message, code="INVALID_NAME", where=field)]
    return []


def _wrong_role(role_id: Given, setup: SetUp, *, may_bill: bool) -> list[Detail]:
    if not isinstance(role_id, str) or not role_id:
        return []
    if not setup.account.flags.roles_available:
        return [Detail("Account doesn't have access to roles.", code="NO_ROLES", where="roleId")]
    found = setup.permission_set(role_id)
    if found is None:
        return [Detail(f"Role {role_id[:50]!r} does not exist.", code="INVALID_ROLE_ID", where="roleId")]
    if found.paid and not may_bill:
        return [_billing_missing(f"Assigning the role {found.name!r} assigns a paid seat and", "roleId")]
    return []


def _wrong_teams(fields: UserFields, setup: SetUp) -> list[Detail]:
    asked = [("primaryTeamId", fields.primary_team_id or None)]
    if isinstance(fields.secondary_team_ids, list):
        asked += [("secondaryTeamIds", team_id) for team_id in fields.secondary_team_ids]
    return [
        Detail(f"Team {team_id[:50]!r} does not exist.", code="INVALID_TEAM_ID", where=field)
        for field, team_id in asked
        if isinstance(team_id, str) and setup.team(team_id) is None
    ]


def _wrong_seats(fields: UserFields, setup: SetUp, *, may_bill: bool) -> list[Detail]:
    asked = fields.seat_names or []
    if not asked or fields.seat_names is UNSET:
        return []
    unknown = [name for name in asked if name not in setup.seat_names]
    if unknown:
        return [
            Detail(f"Seat {name[:50]!r} does not exist.", code="INVALID_SEAT_NAME", where="seatNames")
            for name in unknown
        ]
    return [] if may_bill else [_billing_missing("Assigning seats", "seatNames")]


def _billing_missing(what: str, where: str) -> Detail:
    return Detail(
        f"{what} needs the scope {BILLING}.",
        code="MISSING_BILLING_SCOPE",
        where=where,
        context={"requiredScopes": [BILLING]},
    )
