"""Holding a conversation by hand: what HubSpot answers is written down, what it is asked is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from syncline.gateway.domain.account import Account, AccountUser, PermissionSet, Team
from syncline.gateway.domain.change import Change, ChangeKind
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.conversation import converse
from syncline.gateway.hubspot.outcome import Delivered, Failed, Outcome
from syncline.gateway.hubspot.talk import Conversation

T = TypeVar("T")
NOW = 1_800_000_000_000
EMAIL = "ada@acme.example"

ACCOUNT = Account(
    portal_id=4711,
    time_zone="Europe/Paris",
    permission_sets=(
        PermissionSet("1", "Standard User"),
        PermissionSet("2", "Manager"),
        PermissionSet("3", "Twin"),
        PermissionSet("4", "Twin"),
    ),
    teams=(Team("10", "North"), Team("11", "South")),
)
ADA = AccountUser(
    hubspot_id="77",
    email=EMAIL,
    first_name="Ada",
    last_name="Byron",
    permission_set_ids=("1",),
    primary_team_id="10",
    active=True,
)


def answer(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status=status, body=body, headers=headers or {}, at=NOW)


def user_body(user: AccountUser = ADA, **changed: Any) -> dict[str, Any]:
    """A user as HubSpot's API writes him."""
    body: dict[str, Any] = {
        "id": user.hubspot_id,
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "roleIds": list(user.permission_set_ids),
        "primaryTeamId": user.primary_team_id,
        "secondaryTeamIds": list(user.secondary_team_ids),
        "superAdmin": user.super_admin,
        "sendWelcomeEmail": False,
    }
    if user.permission_set_ids:
        body["roleId"] = user.permission_set_ids[0]
    return body | changed


def scim_body(scim_id: str = "s-1", **changed: Any) -> dict[str, Any]:
    """A user as HubSpot's SCIM writes him."""
    schema = "urn:ietf:params:scim:schemas:core:2.0:User"
    return {"schemas": [schema], "id": scim_id, "userName": EMAIL, "active": True} | changed


def refusal(status: int, message: str = "No.", category: str = "VALIDATION_ERROR", **more: Any) -> Answer:
    body = {"status": "error", "message": message, "correlationId": "c-1", "category": category}
    return answer(status, body | more)


def scim_refusal(status: int, detail: str = "No.", scim_type: str | None = None) -> Answer:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": str(status),
        "detail": detail,
    }
    return answer(status, body if scim_type is None else body | {"scimType": scim_type})


OK = answer(200, user_body())
NO_CONTENT = answer(204)
NOT_FOUND = refusal(404, "No user.", "OBJECT_NOT_FOUND")
EXISTS = refusal(409, "A user exists already.", "OBJECT_ALREADY_EXISTS")
LOST = Answer(status=None, error="the connection broke", sent=True, at=NOW)
NEVER_SENT = Answer(status=None, error="no connection could be made", sent=False, at=NOW)


def change(kind: ChangeKind, **fields: Any) -> Change:
    return Change(kind=kind, **({"email": EMAIL, "hubspot_id": "77"} | fields))


def hold(conversation: Conversation[T], *answers: Answer) -> tuple[T, list[Call]]:
    """Hold the conversation with exactly these answers; return its result and the calls it put."""
    calls: list[Call] = []
    waiting = list(answers)
    try:
        call = next(conversation)
        while True:
            calls.append(call)
            assert waiting, f"a call nobody expected: {call}"
            call = conversation.send(waiting.pop(0))
    except StopIteration as end:
        assert waiting == [], f"answers nobody asked for, after {calls}"
        result: T = end.value
        return result, calls


def hold_with(conversation: Conversation[T], reply: Callable[[Call], Answer]) -> tuple[T, list[Call]]:
    """Hold the conversation with whatever the function answers."""
    calls: list[Call] = []
    try:
        call = next(conversation)
        while True:
            calls.append(call)
            call = conversation.send(reply(call))
    except StopIteration as end:
        result: T = end.value
        return result, calls


def carry_out(
    wanted: Change,
    *answers: Answer,
    known: AccountUser | None = ADA,
    ours_if_found: bool = False,
    account: Account = ACCOUNT,
) -> tuple[Outcome, list[Call]]:
    return hold(converse(wanted, known=known, account=account, ours_if_found=ours_if_found), *answers)


def delivered(
    wanted: Change, *answers: Answer, known: AccountUser | None = ADA, account: Account = ACCOUNT
) -> tuple[Delivered, list[Call]]:
    outcome, calls = carry_out(wanted, *answers, known=known, account=account)
    assert isinstance(outcome, Delivered), outcome
    return outcome, calls


def failed(
    wanted: Change, *answers: Answer, known: AccountUser | None = ADA, account: Account = ACCOUNT
) -> tuple[Failed, list[Call]]:
    outcome, calls = carry_out(wanted, *answers, known=known, account=account)
    assert isinstance(outcome, Failed), outcome
    return outcome, calls


def asked(calls: list[Call]) -> list[str]:
    """Each call as method and purpose."""
    return [f"{call.method} {call.purpose}" for call in calls]
