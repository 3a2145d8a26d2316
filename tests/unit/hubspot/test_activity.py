"""Who did what, from the audit log, else from the security history."""

from __future__ import annotations

from typing import Any

from syncline.gateway.domain.account import ChangedBy
from syncline.gateway.hubspot.activity import MOST_PAGES, read_activity
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.failures import Failure

SINCE = 1_800_000_000_000
AUDITED = {
    "id": "9", "category": "USER", "subCategory": "CHANGE_USER", "action": "UPDATE",
    "actingUser": {"userId": 1, "userEmail": "eve@example.com"}, "targetObjectId": "100",
    "occurredAt": "2027-01-15T08:00:01Z",
}  # fmt: skip
SECURED = {
    "id": "8", "type": "TEAM_USER_ADDED", "userId": 1, "actingUser": "eve@example.com", "objectId": "100",
    "createdAt": "2027-01-15T08:00:01.5Z",
}  # fmt: skip


def held(*answers: tuple[int, Any]) -> tuple[Any, list[Call]]:
    """Hold the conversation with those answers; return what came of it, and the calls."""
    talk = read_activity(SINCE, None)
    calls = [next(talk)]
    for status, body in answers:
        try:
            calls.append(talk.send(Answer(status=status, body=body)))
        except StopIteration as end:
            return end.value, calls
    raise AssertionError("the conversation wants more answers")


def test_the_audit_log_names_the_actor_the_moment_and_the_way() -> None:
    found, (call,) = held((200, {"results": [AUDITED]}))

    assert {
        "100": (ChangedBy("eve@example.com", SINCE + 1_000, "audit log: USER CHANGE_USER UPDATE"),)
    } == found
    assert ("occurredAfter", "2027-01-15T08:00:00.000Z") in call.query


def test_without_an_audit_log_the_security_history_tells_what_it_can() -> None:
    refused = {"status": "error", "message": "The audit log needs an Enterprise subscription."}

    found, calls = held((403, refused), (200, {"results": [SECURED]}))

    assert {
        "100": (ChangedBy("eve@example.com", SINCE + 1_500, "security history: TEAM_USER_ADDED"),)
    } == found
    assert ("fromTimestamp", str(SINCE)) in calls[1].query


def test_a_missing_scope_is_said_and_not_asked_about_twice() -> None:
    lacking = {
        "status": "error",
        "category": "MISSING_SCOPES",
        "message": "This app hasn't been granted all required scopes to make this call.",
        "errors": [{"message": "x", "context": {"requiredScopes": ["account-info.security.read"]}}],
    }

    found, calls = held((403, lacking))

    assert isinstance(found, Failure)
    assert ("MISSING_SCOPES", 1) == (found.code, len(calls))


def test_no_more_than_the_newest_pages_are_read() -> None:
    pages = [
        (200, {"results": [AUDITED], "paging": {"next": {"after": str(number)}}})
        for number in range(MOST_PAGES)
    ]

    found, calls = held(*pages)

    assert (MOST_PAGES, MOST_PAGES) == (len(calls), len(found["100"]))


def test_an_entry_about_nobody_or_without_a_moment_breaks_nothing() -> None:
    odd = {"id": "7", "category": "SECURITY", "occurredAt": "yesterday", "actingUser": {"userId": 5}}

    found, _ = held((200, {"results": [odd]}))

    assert {"": (ChangedBy("5", None, "audit log: SECURITY"),)} == found
