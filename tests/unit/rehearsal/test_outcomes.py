"""Failures in Entra's words, and the provisioning log they are written to."""

import pytest

from syncline.rehearsal import Action, Counts, Entry, ProvisioningLog, Status
from syncline.rehearsal.failures import CredentialsRefused, Reply, failure_of
from syncline.rehearsal.log import Source
from syncline.rehearsal.objects import ObjectKind
from syncline.rehearsal.operations import Operation
from syncline.rehearsal.wire import AddressError, check_address

ADELE = Source("oid-1", ObjectKind.USER, "Adele Vance", "adele@contoso.example")


def entry(action: Action, status: Status = Status.SUCCESS) -> Entry:
    return Entry(at=1_800_000_000_000, cycle="initial-1", source=ADELE, action=action, status=status)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "UnprocessableEntity"),
        (403, "InsufficientRights"),
        (404, "InvalidAnchor"),
        (409, "Conflict"),
        (418, "UnprocessableEntity"),
        (429, "TooManyRequests"),
        (500, "InternalServerError"),
        (501, "NotImplemented"),
        (503, "InternalServerError"),
    ],
)
def test_an_answer_has_the_error_code_of_the_provisioning_log(status: int, code: str) -> None:
    assert code == failure_of(Reply(status), "POST /Users").code


def test_the_reason_carries_the_detail_of_the_scim_error() -> None:
    reply = Reply(409, {"detail": "userName is taken", "scimType": "uniqueness"})

    assert (
        failure_of(reply, "POST /Users").reason
        == "POST /Users was answered 409: userName is taken (uniqueness)"
    )


def test_a_refused_token_is_its_own_kind_of_failure() -> None:
    failure = failure_of(Reply(401, {"detail": "unknown token"}), "GET /Users")

    assert isinstance(failure, CredentialsRefused)
    assert failure.code == "Unauthorized"


def test_no_answer_in_time_is_a_timeout() -> None:
    assert failure_of(Reply(None, trouble="timeout"), "GET /Users").code == "Timeout"


def test_a_broken_connection_is_a_protocol_error() -> None:
    failure = failure_of(Reply(None, trouble="connection refused"), "GET /Users")

    assert (failure.code, failure.reason) == ("WebExceptionProtocolError", "GET /Users: connection refused")


@pytest.mark.parametrize(
    "base_url",
    ["", "scim.example/v2", "ftp://scim.example", "https://", "https://scim.example?aadOptscim062020"],
)
def test_a_tenant_url_that_cannot_be_used_is_refused(base_url: str) -> None:
    with pytest.raises(AddressError):
        check_address(base_url, "token")


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "tökén"])
def test_a_token_that_cannot_be_sent_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(AddressError) as refused:
        check_address("https://scim.example/scim/v2", token)

    assert not token or token not in str(refused.value)


def test_the_log_counts_each_outcome_once() -> None:
    entries = [
        entry(Action.CREATE),
        entry(Action.UPDATE),
        entry(Action.DISABLE),
        entry(Action.DELETE),
        entry(Action.OTHER, Status.SKIPPED),
        entry(Action.CREATE, Status.FAILURE),
    ]

    assert Counts(1, 1, 1, 1, 1, 1) == Counts.of(entries)


def test_an_entry_has_the_json_form_of_microsoft_graph() -> None:
    log = ProvisioningLog()
    log.append(
        Entry(
            at=1_800_000_000_000,
            cycle="initial-1",
            source=ADELE,
            action=Action.UPDATE,
            status=Status.FAILURE,
            target_id="u-1",
            modified=(Operation("Replace", "active", False, True),),
            code="Conflict",
            reason="PATCH /Users/u-1 was answered 409",
            advice="Change one of the two.",
            duration=12,
        )
    )

    assert log.to_json() == [
        {
            "activityDateTime": "2027-01-15T08:00:00Z",
            "cycleId": "initial-1",
            "durationInMilliseconds": 12,
            "provisioningAction": "update",
            "provisioningStatusInfo": {
                "status": "failure",
                "errorInformation": {
                    "errorCode": "Conflict",
                    "reason": "PATCH /Users/u-1 was answered 409",
                    "recommendedAction": "Change one of the two.",
                },
            },
            "sourceIdentity": {
                "id": "oid-1",
                "displayName": "Adele Vance",
                "identityType": "User",
                "details": {"UserPrincipalName": "adele@contoso.example"},
            },
            "targetIdentity": {"id": "u-1", "identityType": "User"},
            "modifiedProperties": [{"displayName": "active", "oldValue": True, "newValue": False}],
        }
    ]


def test_a_row_names_what_was_changed_or_why_it_was_not() -> None:
    done = Entry(
        at=1_800_000_000_000,
        cycle="c",
        source=ADELE,
        action=Action.UPDATE,
        status=Status.SUCCESS,
        target_id="u-1",
        modified=(Operation("Replace", "title", "A", "B"),),
    )

    assert done.row() == (
        "2027-01-15T08:00:00Z",
        "update",
        "success",
        "adele@contoso.example",
        "u-1",
        "title",
    )
