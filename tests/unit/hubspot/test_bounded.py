"""Whatever HubSpot answers, a conversation ends within its bound and with a result."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.domain.change import ChangeKind
from syncline.gateway.hubspot import account, check
from syncline.gateway.hubspot.account import AccountReading, AccountUnread
from syncline.gateway.hubspot.call import Answer, Channel
from syncline.gateway.hubspot.check import CheckReport, check_connection
from syncline.gateway.hubspot.conversation import MOST_CALLS, converse
from syncline.gateway.hubspot.outcome import Delivered, Existing, Failed
from tests.unit.hubspot.talking import (
    ACCOUNT,
    ADA,
    EMAIL,
    EXISTS,
    LOST,
    NEVER_SENT,
    NO_CONTENT,
    NOT_FOUND,
    NOW,
    answer,
    change,
    hold_with,
    refusal,
    scim_body,
    scim_refusal,
    user_body,
)

NEW = "ada.king@acme.example"

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "email",
                    "results",
                    "paging",
                    "next",
                    "after",
                    "errors",
                    "message",
                    "context",
                    "Resources",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
likely = st.sampled_from(
    [
        answer(200, user_body()),
        answer(201, user_body()),
        answer(200, user_body(roleIds=["2"])),
        answer(200, scim_body()),
        answer(201, scim_body()),
        answer(200, scim_body(active=False)),
        answer(200, scim_body(userName=NEW)),
        answer(200, {"Resources": [scim_body()]}),
        answer(200, {"results": [user_body()], "paging": {"next": {"after": "1"}}}),
        answer(200, {"results": []}),
        NO_CONTENT,
        NOT_FOUND,
        EXISTS,
        LOST,
        NEVER_SENT,
        answer(503),
        refusal(400, "x", errors=[{"message": "x", "code": "USER_MANAGED_BY_SCIM"}]),
        refusal(400, "x", errors=[{"message": "x", "code": "USER_NOT_ON_ANY_HUBS"}]),
        scim_refusal(409, "taken", "uniqueness"),
        scim_refusal(404),
    ]
)
answers = likely | st.builds(
    Answer,
    status=st.none() | st.integers(100, 599),
    body=anything,
    headers=st.dictionaries(st.sampled_from(["retry-after", "x-hubspot-ratelimit-max"]), st.text(max_size=6)),
    error=st.none() | st.just("the reply broke off"),
    sent=st.booleans(),
    at=st.just(NOW),
)
wanted = st.builds(
    change,
    st.sampled_from([kind for kind in ChangeKind if kind is not ChangeKind.LOOK]),
    scim_id=st.none() | st.just("s-1"),
    hubspot_id=st.none() | st.just("77"),
    renamed_from=st.none() | st.just(EMAIL),
    email=st.just(NEW),
    first_name=st.none() | st.just("Augusta"),
    permission_set_id=st.none() | st.just("2"),
    primary_team_id=st.sampled_from([None, "", "11"]),
    secondary_team_ids=st.sampled_from([None, (), ("11",)]),
    crm_attributes=st.sampled_from([(), (("phone", "1"),)]),
)


@given(data=st.data(), wanted=wanted, known=st.none() | st.just(ADA), ours=st.booleans())
def test_every_change_ends_within_its_bound_whatever_hubspot_answers(
    data: st.DataObject, wanted: Any, known: Any, ours: bool
) -> None:
    talk = converse(wanted, known=known, account=ACCOUNT, ours_if_found=ours)
    outcome, calls = hold_with(talk, lambda _call: data.draw(answers))

    assert isinstance(outcome, Delivered | Failed | Existing)
    assert len(calls) <= MOST_CALLS
    assert not isinstance(outcome, Existing) or wanted.kind is ChangeKind.CREATE


@given(data=st.data(), channels=st.sets(st.sampled_from(Channel)), crm=st.booleans())
def test_every_check_ends_within_its_bound_whatever_hubspot_answers(
    data: st.DataObject, channels: set[Channel], crm: bool
) -> None:
    report, calls = hold_with(check_connection(channels, crm=crm), lambda _call: data.draw(answers))

    assert isinstance(report, CheckReport)
    assert report.shown()["calls_spent"] == len(calls) <= check.MOST_CALLS


@given(data=st.data())
def test_every_reading_of_an_account_is_whole_or_none(data: st.DataObject) -> None:
    reading, calls = hold_with(account.read_account(), lambda _call: data.draw(answers))

    assert isinstance(reading, AccountUnread) or (
        isinstance(reading, AccountReading) and len(calls) == reading.calls
    )
