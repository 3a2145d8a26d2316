"""What is said to HubSpot to carry out one change, in the fewest calls, whatever HubSpot answers.

Pure generators: they yield `Call`s, are sent `Answer`s and return an `Outcome`. Every conversation is bounded
(`MOST_CALLS`), and may be broken off anywhere and begun again: each call states what should hold, not what to do to
what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from syncline.gateway.domain.account import Account, AccountUser
from syncline.gateway.domain.change import NO_TEAM, Change, ChangeKind
from syncline.gateway.domain.delivery import Access
from syncline.gateway.hubspot import api_calls, scim_calls
from syncline.gateway.hubspot.account import read_access, read_deactivated
from syncline.gateway.hubspot.crm_conversation import NO_RECORD, write_attributes
from syncline.gateway.hubspot.failures import FailureKind, classify
from syncline.gateway.hubspot.outcome import Delivered, Existing, Failed, Outcome
from syncline.gateway.hubspot.scim_conversation import change_by_scim
from syncline.gateway.hubspot.talk import Conversation, Refusal, Talk

MOST_CALLS: Final = 12
"""No conversation puts more calls than this."""

WAITS_FOR_SIGN_IN: Final = (
    "The name waits for first sign-in: HubSpot takes it only after the person has accepted."
)
WITHOUT_SET: Final = "HubSpot created the user without the permission set that was asked for."
STILL_TO_COME: Final = frozenset({WAITS_FOR_SIGN_IN, WITHOUT_SET, NO_RECORD})
"""The notes of an outcome that leaves a part of the change to be sent again later."""
OURS: Final = "The answer to an earlier create was lost; the user found at HubSpot is the one it made."


def converse(
    change: Change, *, known: AccountUser | None, account: Account, ours_if_found: bool = False
) -> Conversation[Outcome]:
    """Carry out one change.

    `known` is the person as HubSpot last showed him; it may be old: where an old picture could do harm (making
    somebody a SCIM user) the person is read first. With `ours_if_found` a create looks first whether an earlier
    one, whose answer was lost, took effect; whom it finds is brought in line and counts as created.
    A failure is returned, never raised.
    """
    talk = Talk(change, known, account, change.scim_id)
    try:
        if change.kind is ChangeKind.CREATE:
            return (yield from _create(talk, ours_if_found=ours_if_found))
        if change.crm_attributes:
            return (yield from _with_attributes(talk))
        return (yield from _CONVERSATIONS[change.kind](talk))
    except Refusal as refusal:
        return Failed(refusal.failure, talk.scim_id)


def _with_attributes(talk: Talk) -> Conversation[Outcome]:
    """Carry out the change, then write the CRM attributes: what is at the users API and SCIM comes first."""
    outcome = yield from _CONVERSATIONS[talk.change.kind](talk)
    yield from write_attributes(talk)
    return _delivered(talk, outcome.access) if isinstance(outcome, Delivered) else outcome


def _create(talk: Talk, *, ours_if_found: bool) -> Conversation[Outcome]:
    """Invite the person, without CRM attributes: they are another change, so that his coming is never in doubt."""
    if ours_if_found:
        found = yield from _find(talk)
        if found is not None:
            talk.known = _new_record(talk, found)
            talk.notes.append(OURS)
            return (yield from _align(talk))
    call = api_calls.create_user(talk.change)
    answer = yield call
    if answer.succeeded:
        user = api_calls.account_user(answer.body, active=True)
        if user is None:
            raise Refusal(classify(call, answer, talk.account.time_zone))
        talk.known = _new_record(talk, user)
        if user.seat_names is None and talk.account.seats is not None:
            # Who is new holds what was asked for and no more, also where the version asked does not tell.
            talk.known = replace(talk.known, seat_names=talk.change.seat_names or ())
        _require_seats(talk, talk.change.seat_names or ())
        if talk.change.permission_set_id not in (None, *user.permission_set_ids):
            talk.notes.append(WITHOUT_SET)
        return _delivered(talk, Access.ACTIVE)
    failure = classify(call, answer, talk.account.time_zone)
    if failure.code == "WRONG_ADDRESS" and talk.change.seat_names:
        raise _seats_unavailable(talk)
    if failure.code != "ALREADY_EXISTS":
        raise Refusal(failure)
    return Existing((yield from _meet(talk)))


def _new_record(talk: Talk, user: AccountUser) -> AccountUser:
    """Return somebody new, whose CRM record says nothing as far as anybody knows."""
    return replace(user, crm={}) if talk.account.crm_users else user


def _meet(talk: Talk) -> Conversation[AccountUser]:
    """Read whom a create met, and whether HubSpot has him deactivated: the users API does not say."""
    existing = yield from _find(talk)
    if existing is not None:
        return (yield from read_access(existing, talk.account.time_zone))
    if (yield from read_deactivated(talk.email, talk.account.time_zone)):
        raise talk.refuse(
            FailureKind.HELD,
            "DEACTIVATED_AND_UNLISTED",
            "HubSpot has somebody of that e-mail deactivated and does not list him. Reactivate him in HubSpot first.",
        )
    raise talk.refuse(
        FailureKind.RETRY,
        "EXISTS_BUT_UNREADABLE",
        "HubSpot says that this user exists already, and shows nobody of that e-mail. It is tried again by itself.",
    )


def _find(talk: Talk) -> Conversation[AccountUser | None]:
    """Look the e-mail up; None when HubSpot says there is nobody."""
    try:
        return (yield from talk.read_user(api_calls.get_user(email=talk.change.email)))
    except Refusal as refusal:
        if refusal.failure.kind is FailureKind.GONE:
            return None
        raise


def _align(talk: Talk) -> Conversation[Outcome]:
    """Make the fields differ no more: permission set and teams first, names last.

    The name of a SCIM user goes by the SCIM channel, which is the only one HubSpot takes it from.
    """
    fields, names = _differing_fields(talk), _differing_names(talk)
    if names and talk.scim_id is None:
        yield from _update_with_names(talk, fields, names)
        return _delivered(talk, _access_after(talk.change))
    yield from _update(talk, fields)
    if names:
        yield from change_by_scim(talk, _scim_names(names))
        _remember(talk, names)
    return _delivered(talk, _access_after(talk.change))


def _align_but_names(talk: Talk) -> Conversation[Outcome]:
    yield from _update(talk, _differing_fields(talk))
    return _delivered(talk, _access_after(talk.change))


def _update_with_names(talk: Talk, fields: dict[str, Any], names: dict[str, Any]) -> Conversation[None]:
    try:
        yield from _update(talk, {**names, **fields})
    except Refusal as refusal:
        if refusal.failure.kind is not FailureKind.PENDING:
            raise
        talk.notes.append(WAITS_FOR_SIGN_IN)
        yield from _update(talk, fields)


def _update(talk: Talk, fields: Mapping[str, Any]) -> Conversation[None]:
    if not fields:
        return
    try:
        yield from _put(talk, fields)
    except Refusal as refusal:
        if refusal.failure.code != "MANAGED_BY_SCIM" or talk.scim_id is None or "roleId" not in fields:
            raise
        # With permission set management on, the permission set of a SCIM user goes by the SCIM channel alone.
        name = talk.account.permission_set_name(fields["roleId"])
        rest = {field: value for field, value in fields.items() if field != "roleId"}
        if "seatNames" in rest:
            # Where seats are sold apart, the seat comes before the permission set that needs it.
            yield from _put(talk, rest)
            rest = {}
        yield from change_by_scim(talk, {"roles": scim_calls.roles([name])})
        if rest:
            yield from _put(talk, rest)
        else:
            talk.known = yield from talk.read_user(
                api_calls.get_user(hubspot_id=talk.hubspot_id, email=talk.email)
            )
        _require_permission_set(talk, fields["roleId"])


def _put(talk: Talk, fields: Mapping[str, Any]) -> Conversation[None]:
    call = api_calls.update_user(fields, hubspot_id=talk.hubspot_id, email=talk.email)
    try:
        talk.known = yield from talk.read_user(call)
    except Refusal as refusal:
        if "seatNames" not in fields or refusal.failure.code not in ("GONE", "WRONG_ADDRESS"):
            raise
        # The version that knows seats is a beta: that it is gone must not pass for the person being gone.
        talk.known = yield from talk.read_user(
            api_calls.get_user(hubspot_id=talk.hubspot_id, email=talk.email)
        )
        raise _seats_unavailable(talk) from None
    if "roleId" in fields:
        _require_permission_set(talk, fields["roleId"])
    _require_seats(talk, fields.get("seatNames", ()))


def _seats_unavailable(talk: Talk) -> Refusal:
    return talk.refuse(
        FailureKind.RETRY,
        "SEATS_UNAVAILABLE",
        "HubSpot does not offer the version of its API that gives seats any more. The account is read again.",
    )


def _require_seats(talk: Talk, seat_names: Collection[str]) -> None:
    has = (talk.known.seat_names if talk.known else None) or ()
    if not set(seat_names) <= set(has):
        raise talk.refuse(
            FailureKind.RETRY,
            "NOT_CONFIRMED",
            "HubSpot accepted the change, but does not show the seat asked for. It is tried again by itself.",
        )


def _require_permission_set(talk: Talk, permission_set_id: str) -> None:
    has = talk.known.permission_set_ids if talk.known else ()
    stripping = talk.change.kind is ChangeKind.STRIP
    if permission_set_id not in has or (stripping and len(has) > 1):
        raise talk.refuse(
            FailureKind.RETRY,
            "NOT_CONFIRMED",
            "HubSpot accepted the change, but does not show the permission set asked for. It is tried again by itself.",
        )


def _differing_names(talk: Talk) -> dict[str, Any]:
    change, known = talk.change, talk.known
    names: dict[str, Any] = {}
    if change.first_name is not None and (known is None or known.first_name != change.first_name):
        names["firstName"] = change.first_name
    if change.last_name is not None and (known is None or known.last_name != change.last_name):
        names["lastName"] = change.last_name
    return names


def _differing_fields(talk: Talk) -> dict[str, Any]:
    """Return the permission set, the teams and the seats of the change that HubSpot is not known to have already.

    A team is taken away by null, all secondary teams by an empty list: an assumption, as HubSpot documents neither.
    """
    change, known = talk.change, talk.known
    permission_set, primary, secondary = (
        change.permission_set_id,
        change.primary_team_id,
        change.secondary_team_ids,
    )
    fields: dict[str, Any] = {}
    if permission_set is not None and (known is None or known.permission_set_ids != (permission_set,)):
        fields["roleId"] = permission_set
    if primary is not None and (known is None or (known.primary_team_id or NO_TEAM) != primary):
        fields["primaryTeamId"] = None if primary == NO_TEAM else primary
    if secondary is not None and (known is None or set(known.secondary_team_ids) != set(secondary)):
        fields["secondaryTeamIds"] = list(secondary)
    seats = change.seat_names
    if seats is not None and (known is None or set(known.seat_names or ()) != set(seats)):
        fields["seatNames"] = list(seats)
    return fields


def _rename(talk: Talk) -> Conversation[Outcome]:
    yield from _change_person_by_scim(talk, {})
    return (yield from _align_but_names(talk))


def _reactivate(talk: Talk) -> Conversation[Outcome]:
    yield from _change_person_by_scim(talk, {"active": True})
    if talk.known is not None:
        talk.known = replace(talk.known, active=True)
    return (yield from _align_but_names(talk))


def _deactivate(talk: Talk) -> Conversation[Outcome]:
    yield from change_by_scim(talk, {"active": False})
    if talk.known is not None:
        talk.known = replace(talk.known, active=False)
    return _delivered(talk, Access.DEACTIVATED)


def _change_person_by_scim(talk: Talk, values: Mapping[str, Any]) -> Conversation[None]:
    """Send what only the SCIM channel can change, and the name along with it, in one patch."""
    change, names = talk.change, _differing_names(talk)
    email = change.email if change.renamed_from is not None else None
    renamed = scim_calls.renamed(email) if email is not None else {}
    yield from change_by_scim(talk, {**values, **renamed, **_scim_names(names)})
    _remember(talk, names)
    if talk.known is not None and email is not None:
        talk.known = replace(talk.known, email=email)


def _remove(talk: Talk) -> Conversation[Outcome]:
    try:
        yield from talk.ask(api_calls.remove_user(hubspot_id=talk.hubspot_id, email=talk.email))
    except Refusal as refusal:
        if refusal.failure.kind is not FailureKind.GONE:
            raise
    return Delivered(user=None, access=Access.REMOVED, hubspot_id=talk.hubspot_id, notes=tuple(talk.notes))


def _strip(talk: Talk) -> Conversation[Outcome]:
    """Take away what gives access first: no trouble with seats may stand before it."""
    fields = _differing_fields(talk)
    yield from _update(talk, {field: value for field, value in fields.items() if field != "seatNames"})
    if "seatNames" in fields:
        yield from _update(talk, {"seatNames": fields["seatNames"]})
    return _delivered(talk, Access.STRIPPED)


def _nothing(talk: Talk) -> Conversation[Outcome]:
    yield from ()
    return _delivered(talk, talk.change.access_after)


def _remember(talk: Talk, names: Mapping[str, Any]) -> None:
    if talk.known is not None:
        talk.known = replace(
            talk.known,
            first_name=names.get("firstName", talk.known.first_name),
            last_name=names.get("lastName", talk.known.last_name),
        )


def _scim_names(names: Mapping[str, Any]) -> dict[str, Any]:
    return {_SCIM_NAMES[name]: value for name, value in names.items()}


def _access_after(change: Change) -> Access:
    return change.access_after if change.access_after is not Access.NONE else Access.ACTIVE


def _delivered(talk: Talk, access: Access) -> Delivered:
    return Delivered(
        user=talk.known,
        access=access,
        hubspot_id=talk.hubspot_id,
        scim_id=talk.scim_id,
        notes=tuple(talk.notes),
        pending=not STILL_TO_COME.isdisjoint(talk.notes),
    )


_SCIM_NAMES: Final = MappingProxyType({"firstName": "name.givenName", "lastName": "name.familyName"})
_CONVERSATIONS: Final[Mapping[ChangeKind, Callable[[Talk], Conversation[Outcome]]]] = MappingProxyType(
    {
        ChangeKind.NONE: _nothing,
        ChangeKind.ADOPT: _align,
        ChangeKind.UPDATE: _align,
        ChangeKind.RENAME: _rename,
        ChangeKind.REACTIVATE: _reactivate,
        ChangeKind.DEACTIVATE: _deactivate,
        ChangeKind.REMOVE: _remove,
        ChangeKind.STRIP: _strip,
    }
)
