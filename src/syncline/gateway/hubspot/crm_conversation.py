"""What is said to HubSpot about the CRM records of users: read page by page, and written one at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from syncline.gateway.domain.account import AccountUser
from syncline.gateway.domain.crm import CrmRecord
from syncline.gateway.hubspot import crm_calls
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.failures import FailureKind
from syncline.gateway.hubspot.talk import Conversation, Refusal, Talk, read

_LEFT_ALONE: Final = "CRM attributes (job title, phone, time zone, language) are left alone:"
NO_RECORD: Final = (
    "The CRM attributes wait: HubSpot has no record of this person yet, perhaps not before the first sign-in."
)
UNAVAILABLE: Final = "CRM_RECORDS_UNAVAILABLE"
_CLOSED: Final = frozenset({"MISSING_SCOPES", "FORBIDDEN", "WRONG_ADDRESS", "NOT_SUPPORTED"})
"""Refusals that are about all records of the account; FORBIDDEN only where the call was about nobody."""
_NOT_LISTED: Final = _CLOSED | {"REFUSED"}
_NO_SUCH_USER: Final = frozenset({"GONE", "REFUSED"})
"""What writing to nobody is answered where writing is allowed."""


def reach_records(
    put: Callable[[Call], Conversation[Answer]],
) -> Conversation[str | None]:
    """Find out by two calls that change nothing whether records can be read and written; None when they can.

    Else what that means, and why, in words.
    """
    try:
        yield from put(crm_calls.list_records(limit=1))
    except Refusal as refusal:
        return _closed(refusal, _NOT_LISTED)
    try:
        yield from put(crm_calls.update_nobody())
    except Refusal as refusal:
        return None if refusal.failure.code in _NO_SUCH_USER else _closed(refusal, _CLOSED)
    return None


def _closed(refusal: Refusal, codes: Collection[str]) -> str:
    if refusal.failure.code in codes:
        return f"{_LEFT_ALONE} {refusal.failure.sentence}"
    raise refusal


def read_record(user: AccountUser, time_zone: str | None = None) -> Conversation[AccountUser]:
    """Return the user with what his record says: one call. Without a record nothing is known of it."""
    try:
        found = yield from read(crm_calls.get_record(user), crm_calls.crm_record, time_zone)
    except Refusal as refusal:
        if refusal.failure.code in _CLOSED | {"GONE"}:
            return user
        raise
    return with_record(user, found)


def write_attributes(talk: Talk) -> Conversation[None]:
    """Write the CRM attributes of the change in one call.

    HubSpot's refusal of a value is a note, and so is a record that is not there yet, which is tried again later: nobody
    is held for either. Where the account's records are not to be had any more, its lists are read again.
    """
    values = talk.change.crm_attributes
    if not values:
        return
    known = talk.known
    call = crm_calls.update_record(values, talk.hubspot_id, known.crm_id if known else None)
    try:
        answer = yield from talk.ask(call)
    except Refusal as refusal:
        failure = refusal.failure
        if failure.code in _CLOSED - {"FORBIDDEN"}:
            raise talk.refuse(
                FailureKind.RETRY,
                UNAVAILABLE,
                f"The CRM attributes were not written: {failure.sentence} The account is read again.",
            ) from None
        if failure.code == "GONE":
            talk.notes.append(NO_RECORD)
            talk.known = replace(known, crm_id=None) if known else None
        elif failure.kind is FailureKind.HELD:
            talk.notes.append(f"The CRM attributes were not written: {failure.sentence}")
        else:
            raise
        return
    if known is not None:
        body = answer.body if isinstance(answer.body, dict) else {}
        record_id = body.get("id") if isinstance(body.get("id"), str) else known.crm_id
        talk.known = replace(known, crm={**(known.crm or {}), **dict(values)}, crm_id=record_id)


def with_record(user: AccountUser, record: CrmRecord | None) -> AccountUser:
    """Return the user with what his record says, if he has one."""
    return user if record is None else replace(user, crm=record.values, crm_id=record.crm_id)
