"""What a refusal means: the kind, the code, the words, the wait, and no secret."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.gateway.domain import retry
from syncline.gateway.domain.change import ChangeKind
from syncline.gateway.hubspot import api_calls, scim_calls
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.failures import Failure, FailureKind, classify, pause_after
from tests.unit.hubspot.talking import LOST, NEVER_SENT, NOW, answer, change, refusal, scim_refusal

CREATE = api_calls.create_user(change(ChangeKind.CREATE))
UPDATE = api_calls.update_user({"roleId": "2"}, hubspot_id="77")
REMOVE = api_calls.remove_user(hubspot_id="77")
LIST = api_calls.list_users()
PATCH = scim_calls.patch_user("s-1", {"active": False})
FIND = scim_calls.find_user("ada@acme.example")


def detail(**members: Any) -> list[dict[str, Any]]:
    return [{"message": "No.", **members}]


def limited(policy: str, **headers: str) -> Answer:
    body = {
        "status": "error",
        "message": "You have reached your limit.",
        "errorType": "RATE_LIMIT",
        "policyName": policy,
    }
    return answer(429, body, headers)


MISSING = refusal(
    403,
    "This app hasn't been granted all required scopes to make this call.",
    "MISSING_SCOPES",
    errors=detail(context={"requiredGranularScopes": ["settings.users.write", "crm.objects.users.write"]}),
)
NEEDS_BILLING = refusal(
    403, "Scopes.", "MISSING_SCOPES", errors=detail(context={"requiredScopes": ["settings.billing.write"]})
)


@pytest.mark.parametrize(
    ("call", "reply", "kind", "code"),
    [
        (CREATE, NEVER_SENT, FailureKind.RETRY, "UNREACHABLE"),
        (CREATE, LOST, FailureKind.UNKNOWN_OUTCOME, "REPLY_LOST"),
        (UPDATE, LOST, FailureKind.RETRY, "NO_REPLY"),
        (PATCH, LOST, FailureKind.RETRY, "NO_REPLY"),
        (REMOVE, LOST, FailureKind.RETRY, "NO_REPLY"),
        (UPDATE, Answer(status=200, error="the reply was not JSON"), FailureKind.RETRY, "UNREADABLE_REPLY"),
        (UPDATE, answer(302), FailureKind.CONNECTION, "REDIRECTED"),
        (
            UPDATE,
            refusal(401, "Expired.", "INVALID_AUTHENTICATION"),
            FailureKind.CONNECTION,
            "INVALID_AUTHENTICATION",
        ),
        (PATCH, scim_refusal(401), FailureKind.CONNECTION, "INVALID_AUTHENTICATION"),
        (UPDATE, answer(401), FailureKind.CONNECTION, "INVALID_AUTHENTICATION"),
        (UPDATE, MISSING, FailureKind.CONNECTION, "MISSING_SCOPES"),
        (UPDATE, NEEDS_BILLING, FailureKind.HELD, "BILLING_SCOPE_MISSING"),
        (UPDATE, refusal(403, "Not for you."), FailureKind.HELD, "FORBIDDEN"),
        (PATCH, scim_refusal(403, "SCIM needs single sign-on."), FailureKind.HELD, "FORBIDDEN"),
        (UPDATE, Answer(status=403, error="the reply was not JSON"), FailureKind.RETRY, "BLOCKED_ON_THE_WAY"),
        (UPDATE, refusal(404, "No user.", "OBJECT_NOT_FOUND"), FailureKind.GONE, "GONE"),
        (UPDATE, answer(404), FailureKind.GONE, "GONE"),
        (PATCH, scim_refusal(404), FailureKind.GONE, "GONE"),
        (UPDATE, Answer(status=404, error="the reply was not JSON"), FailureKind.CONNECTION, "WRONG_ADDRESS"),
        (LIST, refusal(404, "No such page."), FailureKind.CONNECTION, "WRONG_ADDRESS"),
        (FIND, scim_refusal(404), FailureKind.CONNECTION, "WRONG_ADDRESS"),
        (CREATE, refusal(409, "There."), FailureKind.HELD, "ALREADY_EXISTS"),
        (UPDATE, refusal(409, "Busy."), FailureKind.RETRY, "CONFLICT"),
        (PATCH, scim_refusal(409, "Taken.", "uniqueness"), FailureKind.HELD, "ALREADY_EXISTS"),
        (UPDATE, refusal(423, "Locked."), FailureKind.RETRY, "LOCKED"),
        (UPDATE, answer(477), FailureKind.RETRY, "MIGRATING"),
        (UPDATE, limited("SECONDLY"), FailureKind.RATE_LIMITED, "RATE_LIMITED"),
        (PATCH, scim_refusal(429), FailureKind.RATE_LIMITED, "RATE_LIMITED"),
        (CREATE, answer(500), FailureKind.UNKNOWN_OUTCOME, "SERVER_ERROR"),
        (CREATE, answer(524), FailureKind.UNKNOWN_OUTCOME, "SERVER_ERROR"),
        (CREATE, answer(522), FailureKind.RETRY, "UNAVAILABLE"),
        (UPDATE, answer(502), FailureKind.RETRY, "SERVER_ERROR"),
        (UPDATE, answer(503), FailureKind.RETRY, "UNAVAILABLE"),
        (PATCH, scim_refusal(501), FailureKind.HELD, "NOT_SUPPORTED"),
        (UPDATE, answer(408), FailureKind.RETRY, "TIMED_OUT"),
        (CREATE, refusal(400, "Bad."), FailureKind.HELD, "REFUSED"),
        (
            UPDATE,
            refusal(400, "x", errors=detail(code="USER_NOT_ON_ANY_HUBS")),
            FailureKind.PENDING,
            "USER_NOT_ON_ANY_HUBS",
        ),
        (
            UPDATE,
            refusal(400, "x", subCategory="E.USER_NOT_ON_ANY_HUBS"),
            FailureKind.PENDING,
            "USER_NOT_ON_ANY_HUBS",
        ),
        (
            CREATE,
            refusal(400, "x", subCategory="AppUserErrors.NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION"),
            FailureKind.NO_SEAT,
            "NO_SEAT_AVAILABLE",
        ),
        (
            CREATE,
            refusal(400, "requiresBillingWrite is set for role 5"),
            FailureKind.HELD,
            "BILLING_SCOPE_MISSING",
        ),
        (
            CREATE,
            refusal(400, "Account doesn't have access to roles."),
            FailureKind.HELD,
            "NO_PERMISSION_SETS",
        ),
        (
            CREATE,
            refusal(400, "x", errors=detail(**{"in": "roleId"})),
            FailureKind.HELD,
            "UNKNOWN_PERMISSION_SET",
        ),
        (
            CREATE,
            refusal(400, "x", errors=detail(**{"in": "primaryTeamId"})),
            FailureKind.HELD,
            "UNKNOWN_TEAM",
        ),
        (
            CREATE,
            refusal(400, "x", errors=detail(**{"in": "seatNames"})),
            FailureKind.HELD,
            "UNKNOWN_SEAT",
        ),
        (
            CREATE,
            refusal(400, "x", errors=detail(code="INVALID_EMAIL", **{"in": "email"})),
            FailureKind.HELD,
            "BAD_EMAIL",
        ),
        (
            REMOVE,
            refusal(400, "x", errors=detail(code="LAST_SUPER_ADMIN")),
            FailureKind.HELD,
            "LAST_SUPER_ADMIN",
        ),
        (
            UPDATE,
            refusal(400, "x", errors=detail(code="SUPER_ADMIN", **{"in": "roleId"})),
            FailureKind.HELD,
            "SUPER_ADMIN",
        ),
        (
            PATCH,
            scim_refusal(400, "The domain x.example is not verified."),
            FailureKind.HELD,
            "DOMAIN_NOT_VERIFIED",
        ),
        (
            PATCH,
            scim_refusal(400, "There is no seat available for this combination of roles: Sales Hub."),
            FailureKind.NO_SEAT,
            "NO_SEAT_AVAILABLE",
        ),
    ],
)
def test_each_refusal_has_its_meaning(call: Call, reply: Answer, kind: FailureKind, code: str) -> None:
    failure = classify(call, reply)

    assert (failure.kind, failure.code, failure.status) == (kind, code, reply.status)


def test_missing_scopes_are_named() -> None:
    assert "settings.users.write, crm.objects.users.write" in classify(UPDATE, MISSING).sentence


def test_the_correlation_id_is_kept_from_the_body_or_the_headers() -> None:
    assert classify(UPDATE, refusal(400)).correlation_id == "c-1"
    assert classify(UPDATE, answer(500, None, {"x-hubspot-correlation-id": "h-1"})).correlation_id == "h-1"


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (limited("SECONDLY"), 1_000),
        (limited("TEN_SECONDLY_ROLLING"), 10_000),
        (
            limited(
                "TEN_SECONDLY_ROLLING",
                **{"x-hubspot-ratelimit-max": "100", "x-hubspot-ratelimit-interval-milliseconds": "5000"},
            ),
            5_000,
        ),
        (limited("SECONDLY", **{"retry-after": "7"}), 7_000),
        (answer(429, {"message": "You have reached your secondly limit."}), 1_000),
        (answer(429, {"message": "You have reached your ten_secondly_rolling limit."}), 10_000),
        (answer(429), 10_000),
        (answer(423), 2_000),
        (answer(423, None, {"retry-after": "1"}), 2_000),
        (answer(477, None, {"retry-after": "3600"}), 3_600_000),
        (answer(477), 60_000),
        (answer(503, None, {"retry-after": "30"}), 30_000),
        (answer(503, None, {"retry-after": "999999999"}), 86_400_000),
        (answer(503, None, {"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"}), None),
        (answer(503), None),
        (LOST, None),
    ],
)
def test_hubspot_is_left_alone_for_as_long_as_it_asks(reply: Answer, wait: int | None) -> None:
    assert classify(UPDATE, reply).retry_at_hint == (None if wait is None else NOW + wait)


@pytest.mark.parametrize(
    ("zone", "wait"),
    [
        # NOW is 2027-01-15 08:00 UTC: 09:00 in Paris, 03:00 in New York.
        ("Europe/Paris", 15 * 3_600_000),
        ("US/Eastern", 21 * 3_600_000),
        (None, 16 * 3_600_000),
        ("Nowhere/Atlantis", 16 * 3_600_000),
        ("../../etc/passwd", 16 * 3_600_000),
    ],
)
def test_a_daily_limit_ends_at_midnight_in_the_accounts_time_zone(zone: str | None, wait: int) -> None:
    assert classify(UPDATE, limited("DAILY"), zone).retry_at_hint == NOW + wait


def test_only_a_rate_limit_stops_every_call() -> None:
    assert pause_after(limited("SECONDLY")) == NOW + 1_000
    assert pause_after(answer(423)) is None
    assert pause_after(answer(503, None, {"retry-after": "30"})) is None


@pytest.mark.parametrize(
    "secret",
    [
        "pat-eu1-0f2a4c1e-1111-2222-3333-444455556666",
        "Bearer abc.def",
        "CJTP4KLBMhYAAFAAAEBEACASAAAIAAAAAEj4AMAgGP-0s8gB" + "x" * 20,
    ],
)
def test_what_looks_like_a_credential_is_not_repeated(secret: str) -> None:
    sentence = classify(UPDATE, refusal(400, f"The token {secret} is no good.")).sentence

    assert secret not in sentence
    assert "[redacted]" in sentence


def test_hubspots_words_are_cut_and_kept_on_one_line() -> None:
    sentence = classify(UPDATE, refusal(400, "one\n\x1b[31mtwo " + "la " * 2_000)).sentence

    assert "one [31mtwo la" in sentence
    assert len(sentence) < 400


@given(
    call=st.sampled_from([CREATE, UPDATE, REMOVE, LIST, PATCH, FIND]),
    status=st.none() | st.integers(100, 599),
    message=st.text(max_size=50),
    sent=st.booleans(),
)
def test_every_answer_means_something_an_admin_can_read(
    call: Call, status: int | None, message: str, sent: bool
) -> None:
    failure = classify(call, Answer(status=status, body={"message": message}, sent=sent, at=NOW))

    assert failure.sentence.isprintable()
    assert failure.sentence
    assert failure.retry_as in retry.FailureKind


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_is_known_to_the_decision_of_retrying(kind: FailureKind) -> None:
    special = {FailureKind.HELD_TENANT: retry.FailureKind.HELD, FailureKind.GONE: retry.FailureKind.RETRY}
    failure = Failure(kind=kind, code="X", sentence="X.")

    assert failure.retry_as == (special.get(kind) or retry.FailureKind(kind.value))
    assert retry.decide_retry(failure.retry_as, 1, NOW) is not None
