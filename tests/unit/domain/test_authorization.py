from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from syncline.gateway.domain.authorization import (
    LIFE,
    Authorization,
    AuthorizationState,
    Reply,
    authorize_address,
    challenge,
    read_reply,
)
from syncline.gateway.domain.tenant import TenantId

STATE = "s" * 43


def address(**changes: object) -> str:
    given: dict[str, object] = {
        "portal_id": None,
        "client_id": "c&d",
        "redirect_uri": "https://sync.example.com/oauth/callback",
        "required": ("oauth", "settings.users.read"),
        "optional": ("crm.objects.owners.read",),
        "state": STATE,
        "code_verifier": "v",
    }
    return authorize_address("https://app.hubspot.com", **{**given, **changes})  # type: ignore[arg-type]


def asking(**changes: object) -> Authorization:
    given: dict[str, object] = {
        "id": "a",
        "tenant_id": TenantId("t"),
        "base_url": "https://api.hubapi.com",
        "redirect_uri": "https://sync.example.com/oauth/callback",
        "client_id": "c",
        "client_secret": "canary",
        "code_verifier": "canary",
        "begun_at": 0,
        "begun_by": "anna",
        "expires_at": LIFE,
    }
    return Authorization(**{**given, **changes})  # type: ignore[arg-type]


def test_the_address_carries_scopes_state_and_challenge_and_no_verifier() -> None:
    parts = urlsplit(address())
    query = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}

    assert "https://app.hubspot.com/oauth/authorize" == f"{parts.scheme}://{parts.netloc}{parts.path}"
    assert {
        "client_id": "c&d",
        "redirect_uri": "https://sync.example.com/oauth/callback",
        "scope": "oauth settings.users.read",
        "optional_scope": "crm.objects.owners.read",
        "state": STATE,
        "code_challenge": challenge("v"),
        "code_challenge_method": "S256",
    } == query


def test_the_address_is_pinned_to_the_account_the_tenant_has() -> None:
    assert address(portal_id=77).startswith("https://app.hubspot.com/oauth/77/authorize?")


def test_without_optional_scopes_none_are_named() -> None:
    assert "optional_scope" not in address(optional=())


def test_the_challenge_is_that_of_the_rfc() -> None:
    # RFC 7636, appendix B.
    assert "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" == challenge(
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )


def test_an_answer_is_a_state_with_either_a_code_or_an_error() -> None:
    assert Reply(state=STATE, code="abc", error=None) == read_reply([("code", "abc"), ("state", STATE)])
    assert Reply(state=STATE, code=None, error="access_denied") == read_reply(
        [("error", "access_denied"), ("error_description", "x"), ("state", STATE)]
    )


def test_an_error_in_no_known_form_is_not_repeated() -> None:
    found = read_reply([("error", "<script>"), ("state", STATE)])

    assert found is not None
    assert "unknown" == found.error


@pytest.mark.parametrize(
    "parameters",
    [
        [],
        [("code", "abc")],
        [("state", STATE)],
        [("code", "abc"), ("state", "short")],
        [("code", "abc"), ("state", STATE + "x")],
        [("code", "abc"), ("state", "é" * 43)],
        [("code", ""), ("state", STATE)],
        [("code", "a" * 2_001), ("state", STATE)],
        [("code", "a\nb"), ("state", STATE)],
        [("code", "abc"), ("error", "access_denied"), ("state", STATE)],
        [("code", "abc"), ("state", STATE), ("state", STATE)],
        [("code", "abc"), ("code", "def"), ("state", STATE)],
    ],
)
def test_anything_else_is_no_answer(parameters: list[tuple[str, str]]) -> None:
    assert read_reply(parameters) is None


def test_an_asking_waits_until_it_is_answered_or_expires() -> None:
    answered = asking(outcome=AuthorizationState.FAILED)

    assert AuthorizationState.WAITING == asking().state_at(LIFE - 1)
    assert AuthorizationState.EXPIRED == asking().state_at(LIFE)
    assert AuthorizationState.FAILED == answered.state_at(LIFE)


def test_no_secret_of_an_asking_is_in_its_text() -> None:
    assert "canary" not in repr(asking()) + repr(Reply(state="canary", code="canary", error=None))
