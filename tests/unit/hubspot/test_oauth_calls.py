from __future__ import annotations

from typing import Any

import pytest

from syncline.gateway.domain.grant import OAuthApp
from syncline.gateway.hubspot import oauth_calls
from syncline.gateway.hubspot.call import Answer, Call
from syncline.gateway.hubspot.failures import FailureKind
from syncline.gateway.hubspot.oauth_calls import classify_oauth, read_introspection, read_tokens

APP = OAuthApp("app-1", "canary-secret")
RENEW = oauth_calls.renew(APP, "canary-refresh")
EXCHANGE = oauth_calls.exchange(APP, "canary-code", "canary-verifier", "https://s.test/oauth/callback")
TOKENS: dict[str, Any] = {
    "token_type": "bearer",
    "access_token": "a",
    "refresh_token": "r2",
    "expires_in": 1800,
    "hub_id": 7,
}


def refused(http_status: int, **body: Any) -> Answer:
    return Answer(status=http_status, body=body or None, at=5_000)


def test_everything_goes_into_the_form_and_nothing_into_the_address() -> None:
    assert ("POST", "/oauth/2026-03/token", (), None) == (
        RENEW.method,
        RENEW.path,
        RENEW.query,
        RENEW.body,
    )
    assert {
        "grant_type": "refresh_token",
        "refresh_token": "canary-refresh",
        "client_id": "app-1",
        "client_secret": "canary-secret",
    } == dict(RENEW.form)


def test_no_secret_of_a_call_is_in_its_text() -> None:
    for call in (
        RENEW,
        EXCHANGE,
        oauth_calls.introspect(APP, "canary-a"),
        oauth_calls.revoke(APP, "canary-r"),
    ):
        assert "canary" not in repr(call)


def test_tokens_live_from_the_moment_they_were_asked_for() -> None:
    new = read_tokens(TOKENS, 1_000)

    assert new is not None
    assert ("a", "r2", 1_000, 1_801_000, 7) == (
        new.tokens.access_token,
        new.tokens.refresh_token,
        new.tokens.obtained_at,
        new.tokens.expires_at,
        new.portal_id,
    )


def test_a_refresh_token_that_is_not_replaced_goes_on() -> None:
    new = read_tokens({"access_token": "a", "expires_in": 60}, 0, "old")

    assert new is not None
    assert "old" == new.tokens.refresh_token


@pytest.mark.parametrize(
    "change",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": "two words"},
        {"access_token": "a\r\nX: y"},
        {"refresh_token": None},
        {"expires_in": 0},
        {"expires_in": "1800"},
        {"expires_in": True},
    ],
)
def test_half_an_answer_is_none(change: dict[str, Any]) -> None:
    assert read_tokens({**TOKENS, **change}, 0) is None


def test_a_token_is_believed_to_live_a_day_at_most() -> None:
    new = read_tokens({**TOKENS, "expires_in": 10**9}, 0)

    assert new is not None
    assert oauth_calls.LONGEST_LIFE == new.tokens.expires_at


def test_introspection_tells_who_granted_what_for_which_account() -> None:
    told = read_introspection(
        {"active": True, "hub_id": 7, "user": "ada@acme.example", "user_id": 12, "scopes": ["oauth"]}
    )

    assert told is not None
    assert (7, "ada@acme.example", "12", ("oauth",)) == (
        told.portal_id,
        told.holder,
        told.holder_id,
        told.scopes,
    )


@pytest.mark.parametrize("body", [None, [], {}, {"active": False, "hub_id": 7}, {"active": True}])
def test_an_inactive_token_and_one_without_account_tell_nothing(body: Any) -> None:
    assert read_introspection(body) is None


@pytest.mark.parametrize(
    ("call", "answer", "code", "kind"),
    [
        (
            RENEW,
            refused(400, error="invalid_grant", status="BAD_REFRESH_TOKEN", message="revoked"),
            "RECONNECT_NEEDED",
            FailureKind.CONNECTION,
        ),
        (
            RENEW,
            refused(400, status="BAD_REFRESH_TOKEN", message="x"),
            "RECONNECT_NEEDED",
            FailureKind.CONNECTION,
        ),
        (RENEW, refused(401, error="invalid_client"), "BAD_CLIENT", FailureKind.CONNECTION),
        (RENEW, refused(400, status="BAD_CLIENT_SECRET"), "BAD_CLIENT", FailureKind.CONNECTION),
        (RENEW, refused(403, message="no"), "SIGN_IN_FAILING", FailureKind.RETRY),
        (RENEW, refused(502), "SIGN_IN_FAILING", FailureKind.RETRY),
        (RENEW, refused(429, message="…"), "RATE_LIMITED", FailureKind.RATE_LIMITED),
        (RENEW, refused(302), "REDIRECTED", FailureKind.CONNECTION),
        (RENEW, refused(400, message="other"), "SIGN_IN_REFUSED", FailureKind.CONNECTION),
        (RENEW, refused(200, access_token=""), "SIGN_IN_UNREADABLE", FailureKind.RETRY),
        (RENEW, Answer(status=None, error="no connection"), "SIGN_IN_UNREACHABLE", FailureKind.RETRY),
        (
            EXCHANGE,
            refused(400, error="invalid_grant", status="BAD_AUTH_CODE"),
            "BAD_AUTH_CODE",
            FailureKind.CONNECTION,
        ),
        (
            EXCHANGE,
            refused(400, error="invalid_grant", status="MISMATCH_REDIRECT_URI_AUTH_CODE"),
            "BAD_REDIRECT_URI",
            FailureKind.CONNECTION,
        ),
    ],
)
def test_each_refusal_has_one_meaning(call: Call, answer: Answer, code: str, kind: FailureKind) -> None:
    failure = classify_oauth(call, answer)

    assert (code, kind) == (failure.code, failure.kind)


def test_only_the_end_of_a_grant_asks_for_a_new_one() -> None:
    bad_code = classify_oauth(EXCHANGE, refused(400, error="invalid_grant"))

    assert "RECONNECT_NEEDED" != bad_code.code


def test_no_sentence_repeats_what_looks_like_a_secret() -> None:
    secret = "A" * 60
    failure = classify_oauth(RENEW, refused(400, message=f"token {secret} is odd"))

    assert secret not in failure.sentence
