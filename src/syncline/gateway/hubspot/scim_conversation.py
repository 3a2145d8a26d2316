"""What is said over HubSpot's own SCIM endpoint: making somebody a SCIM user, and changing him there.

A person invited by the API is no SCIM user yet; the first use of this channel makes him one. Saying so can change his
permission set: HubSpot assigns the one named exactly as a role, and minimal permissions when none is
(HubSpot's SCIM guide, "Limitations and user syncing"). So he is read over the API before and after, and a change that
nobody asked for stops the whole tenant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.change import ChangeKind
from syncline.gateway.hubspot import api_calls, scim_calls
from syncline.gateway.hubspot.failures import FailureKind, classify
from syncline.gateway.hubspot.scim_calls import ScimUser
from syncline.gateway.hubspot.talk import Conversation, Refusal, Talk
from syncline.scim.names import comparison_key


def change_by_scim(talk: Talk, values: Mapping[str, Any]) -> Conversation[None]:
    """Replace those attributes of the person's SCIM user, given by their paths, and see them confirmed.

    One call when the SCIM user is known, or two when the answer does not tell; making him one first costs three or
    four more. An id that HubSpot no longer knows is found anew once.
    """
    scim_id = yield from _ensure_scim_user(talk)
    try:
        yield from _patch(talk, scim_id, values)
    except Refusal as refusal:
        if refusal.failure.kind is not FailureKind.GONE or scim_id != talk.change.scim_id:
            raise
        talk.scim_id = None
        scim_id = yield from _ensure_scim_user(talk)
        yield from _patch(talk, scim_id, values)


def _ensure_scim_user(talk: Talk) -> Conversation[str]:
    """Return the id of the person's SCIM user, making him one first when that is not known.

    The POST comes before the search because most people are not SCIM users yet (201), and a search would not spare
    it; one who is answers 409, which changes nothing. Somebody who is gone is never made anew: `Refusal` GONE.
    """
    if talk.scim_id is not None:
        return talk.scim_id
    before = yield from talk.read_user(api_calls.get_user(hubspot_id=talk.hubspot_id, email=talk.email))
    names = _permission_set_names(talk, before)
    # Whom HubSpot has deactivated stays so, unless that is what the change is about.
    active = before.active is not False or talk.change.kind is ChangeKind.REACTIVATE
    found = yield from _create_or_find(talk, before, names, active=active)
    after = yield from talk.read_user(api_calls.get_user(hubspot_id=before.hubspot_id))
    _require_unchanged(talk, before, after)
    talk.known, talk.scim_id = after, found.id
    return found.id


def _patch(talk: Talk, scim_id: str, values: Mapping[str, Any]) -> Conversation[None]:
    """Send one patch and see it confirmed, by the answer or, when it says nothing, by reading."""
    answer = yield from talk.ask(scim_calls.patch_user(scim_id, values))
    user = scim_calls.scim_user(answer.body)
    if user is None or _unsaid(values, user):
        answer = yield from talk.ask(scim_calls.get_user(scim_id))
        user = scim_calls.scim_user(answer.body)
    if user is None or not _confirms(values, user):
        raise talk.refuse(
            FailureKind.RETRY,
            "NOT_CONFIRMED",
            "HubSpot accepted the change over the SCIM channel, but does not show it. It is tried again by itself.",
        )


def _create_or_find(
    talk: Talk, user: AccountUser, names: tuple[str, ...], *, active: bool
) -> Conversation[ScimUser]:
    call = scim_calls.create_user(user, names, active=active)
    answer = yield call
    if answer.succeeded:
        created = scim_calls.scim_user(answer.body)
        if created is None:
            raise Refusal(classify(call, answer, talk.account.time_zone))
        return created
    failure = classify(call, answer, talk.account.time_zone)
    if failure.kind is FailureKind.UNKNOWN_OUTCOME:
        # A later attempt could no longer tell what this one did to the permission set.
        after = yield from talk.read_user(api_calls.get_user(hubspot_id=user.hubspot_id))
        _require_unchanged(talk, user, after)
    if failure.code != "ALREADY_EXISTS":
        raise Refusal(failure)
    answer = yield from talk.ask(scim_calls.find_user(user.email))
    found = scim_calls.found_user(answer.body, user.email)
    if found is None:
        raise talk.refuse(
            FailureKind.HELD,
            "SCIM_USER_NOT_FOUND",
            "HubSpot says that this person is a SCIM user already, but its SCIM channel does not show him. "
            "Look the person up in HubSpot, and check that the SCIM channel belongs to the same account.",
        )
    return found


def _permission_set_names(talk: Talk, user: AccountUser) -> tuple[str, ...]:
    """Return the exact names of the person's permission sets; `Refusal` if HubSpot might not know the sets by them."""
    several = len(user.permission_set_ids) > 1
    if several and talk.change.kind is not ChangeKind.DEACTIVATE:
        raise talk.refuse(
            FailureKind.HELD,
            "SEVERAL_PERMISSION_SETS",
            "This person has several permission sets, and the SCIM channel might leave only one. "
            "Make the change in HubSpot itself, or leave the person one permission set.",
        )
    names = []
    for permission_set_id in user.permission_set_ids:
        permission_set = talk.account.permission_set(permission_set_id)
        if permission_set is None:
            raise talk.refuse(
                FailureKind.RETRY,
                "PERMISSION_SET_UNKNOWN",
                "The person has a permission set that was not there when the account was last read. "
                "It is tried again after the next reading.",
            )
        if len(talk.account.permission_sets_named(permission_set.name)) > 1:
            raise talk.refuse(
                FailureKind.HELD,
                "PERMISSION_SET_AMBIGUOUS",
                f"Two permission sets are named {permission_set.name}, and the SCIM channel knows them by name only. "
                "Rename one of them in HubSpot.",
            )
        names.append(permission_set.name)
    return tuple(names)


def _require_unchanged(talk: Talk, before: AccountUser, after: AccountUser) -> None:
    had, has = set(before.permission_set_ids), set(after.permission_set_ids)
    if has == had:
        return
    if has and has < had:
        # Only somebody who is being deactivated comes this far with several (`_permission_set_names`).
        talk.notes.append(
            "HubSpot kept only some of the person's permission sets when he became a SCIM user."
        )
        return
    names = talk.account.permission_set_name
    raise talk.refuse(
        FailureKind.HELD_TENANT,
        "PERMISSION_SET_CHANGED_BY_SCIM",
        "HubSpot changed the permission set of this person when he became a SCIM user: from "
        f"{', '.join(map(names, before.permission_set_ids)) or 'none'} to "
        f"{', '.join(map(names, after.permission_set_ids)) or 'minimal permissions'}. Nothing more is sent for this "
        "tenant. Put it right in HubSpot, and check `roleSyncEnabled` of the SCIM app there.",
    )


def _unsaid(values: Mapping[str, Any], user: ScimUser) -> bool:
    return ("active" in values and user.active is None) or ("userName" in values and user.user_name is None)


def _confirms(values: Mapping[str, Any], user: ScimUser) -> bool:
    """Tell whether access and e-mail are as asked; a name is believed, being no matter of access."""
    if "active" in values and user.active is not values["active"]:
        return False
    wanted = values.get("userName")
    return wanted is None or (
        user.user_name is not None and comparison_key(user.user_name) == comparison_key(wanted)
    )
