"""HubSpot's error envelope."""

from __future__ import annotations

from syncline.portal.domain.errors import (
    Detail,
    HubSpotError,
    MissingScopes,
    ObjectNotFound,
    ValidationError,
    names_need_a_hub,
)


def test_the_envelope_leaves_out_what_is_empty() -> None:
    assert {
        "status": "error",
        "message": "gone",
        "correlationId": "c0ffee",
        "category": "OBJECT_NOT_FOUND",
    } == ObjectNotFound("gone").envelope("c0ffee")


def test_details_are_nested_in_the_envelope() -> None:
    error = ValidationError(
        "no", Detail("x", code="C", where="email", context={"a": ["b"]}), sub_category="S"
    )

    envelope = error.envelope("c0ffee")

    assert [{"message": "x", "code": "C", "in": "email", "context": {"a": ["b"]}}] == envelope["errors"]
    assert "S" == envelope["subCategory"]


def test_missing_scopes_names_every_scope_that_would_do() -> None:
    envelope = MissingScopes(["a.read", "b.read"]).envelope("c0ffee")

    assert "MISSING_SCOPES" == envelope["category"]
    assert {"requiredGranularScopes": ["a.read", "b.read"]} == envelope["errors"][0]["context"]


def test_the_reason_for_refused_names_is_nested() -> None:
    assert "USER_NOT_ON_ANY_HUBS" in str(names_need_a_hub().envelope("c0ffee")["errors"])


def test_every_error_has_a_status_and_a_category_of_its_own() -> None:
    kinds = HubSpotError.__subclasses__()

    assert len(kinds) == len({kind.status for kind in kinds}) == len({kind.category for kind in kinds})
