"""The runner of conversations sees what it should see: a recording that does not hold is reported."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.support.conditions import CONDITIONS, MISSING, breaches, complaints, find
from tests.support.conversations import Outcome, hold
from tests.support.scim import TOKEN, USER, scim_application
from tests.support.serving import serve
from tests.support.templates import NotCaptured, Values

DOCUMENT = {
    "a": 1,
    "yes": True,
    "no": False,
    "empty": [],
    "text": "Hello",
    "list": [{"type": "Work", "value": "w"}, {"type": "home", "value": "h", "deep": {"x": 1}}],
    "names": ["Ada", "Bob"],
}


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("", DOCUMENT),
        ("/a", 1),
        ("/b", MISSING),
        ("/list/1/value", "h"),
        ("/list/-1/value", "h"),
        ("/list/9/value", MISSING),
        ("/list/[type=work]/value", "w"),
        ("/list/[type=fax]/value", MISSING),
        ("/list/*/value", ["w", "h"]),
        ("/list/*/nothing", []),
        ("/a/b", MISSING),
    ],
)
def test_pointers_find_what_they_name(pointer: str, expected: Any) -> None:
    assert find(DOCUMENT, pointer) == expected


@pytest.mark.parametrize(
    ("test", "pointer", "holds", "fails"),
    [
        ("equals", "/a", 1, True),
        ("equals", "/yes", True, 1),
        ("equals", "/no", False, 0),
        ("equals", "/nothing", None, None),
        ("not_equals", "/a", 2, 1),
        ("iequals", "/text", "HELLO", "Hell"),
        ("in", "/a", [1, 2], [True]),
        ("exists", "/a", True, False),
        ("exists", "/nothing", False, True),
        ("absent_or_empty", "/empty", True, False),
        ("not_empty", "/text", True, False),
        ("type", "/yes", "boolean", "integer"),
        ("type", "/a", "integer", "boolean"),
        ("type", "/nothing", None, "string"),
        ("matches", "/text", "^H", "^h"),
        ("contains", "/text", "ell", "ELL"),
        ("contains", "/list", {"deep": {"x": 1}}, {"deep": {"x": 2}}),
        ("contains", "/names", "Ada", "ada"),
        ("not_contains", "/names", "ada", "Ada"),
        ("icontains", "/names", "ADA", "Eve"),
        ("length", "/list", 2, 1),
        ("length", "/nothing", 0, 1),
        ("min_length", "/list", 2, 3),
        ("max_length", "/list", 2, 1),
        ("count_where", "/list", {"match": {"type": "home"}, "is": 1}, {"match": {}, "is": 1}),
    ],
)
def test_every_condition_can_hold_and_can_fail(test: str, pointer: str, holds: Any, fails: Any) -> None:
    if holds is not None:
        assert complaints({"at": pointer, test: holds}, DOCUMENT) == []
    assert len(complaints({"at": pointer, test: fails, "why": "because"}, DOCUMENT)) == 1


def test_an_unknown_condition_is_an_error_and_not_a_pass() -> None:
    assert "equal" not in CONDITIONS
    with pytest.raises(KeyError):
        complaints({"at": "", "equal": 1}, DOCUMENT)


@pytest.mark.parametrize(
    ("status", "content_type", "document", "words"),
    [
        (
            200,
            "application/json",
            {"id": "1", "schemas": ["x"], "meta": {"resourceType": "User"}},
            "Content-Type",
        ),
        (200, "application/scim+json", ["x"], "not a JSON object"),
        (200, "application/scim+json", {"schemas": ["x"], "meta": {"resourceType": "User"}}, "no id"),
        (200, "application/scim+json", {"id": "1", "meta": {"resourceType": "User"}}, "no schemas"),
        (200, "application/scim+json", {"id": "1", "schemas": ["x"]}, "meta.resourceType"),
        (
            200,
            "application/scim+json",
            {"id": "1", "schemas": ["x"], "meta": {"resourceType": "User"}, "x": [{"Password": "p"}]},
            "password",
        ),
        (404, "application/scim+json", {"schemas": [], "status": "404"}, "Error schema"),
    ],
)
def test_what_every_provider_relies_on_is_checked(
    status: int, content_type: str, document: Any, words: str
) -> None:
    found = breaches(status, content_type, document, "GET", "/Users/1")
    assert len(found) == 1
    assert words in found[0]


def test_the_status_of_an_error_and_the_counts_of_a_list_are_checked() -> None:
    error = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": 404}
    assert len(breaches(404, "application/scim+json", error, "GET", "/x")) == 1
    listed = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": "1",
        "Resources": {},
    }
    assert len(breaches(200, "application/scim+json", listed, "GET", "/Users")) == 2


def test_templates_keep_types_and_encode_paths() -> None:
    values = Values("r1")
    values["n"] = 7
    values["mail"] = "a+b@x"
    assert values.fill({"a{{run}}": ["{{n}}", "no {{n}}"]}) == {"ar1": [7, "no 7"]}
    assert values.path("/Users?filter={{mail}}") == "/Users?filter=a%2Bb%40x"
    assert values["uuid:x"] == values["uuid:x"] != values["uuid:y"]
    with pytest.raises(NotCaptured):
        values.fill("{{never}}")


def test_a_captured_document_is_edited_in_a_copy() -> None:
    values = Values("r1")
    values["doc"] = {"a": {"b": 1}, "list": [{"x": 1}, {"x": 2}], "gone": 1}
    recipe = {
        "$from": "doc",
        "set": {"/a/b": "{{run}}", "/list/0/x": 9, "/new/y": 1},
        "drop": ["/gone", "/list/1"],
    }
    assert values.fill(recipe) == {"a": {"b": "r1"}, "list": [{"x": 9}], "new": {"y": 1}}
    assert values["doc"]["gone"] == 1


def _step(number: int, **parts: Any) -> dict[str, Any]:
    return {"id": f"s{number}", "name": "x", **parts}


async def test_steps_that_do_not_hold_are_reported_and_the_others_go_on() -> None:
    create = {"method": "POST", "path": "/Users", "body": {"schemas": [USER], "userName": "{{run}}"}}
    plainer = {**create, "body": {"userName": "other{{run}}"}}
    bad = {**create, "body": {"userName": ""}}
    read = {"method": "GET", "path": "/Users/{{user}}"}
    numbers = itertools.count(1)
    steps = [
        _step(next(numbers), request=create, expect={"status": [201]}),
        _step(next(numbers), request=create, expect={"status": [201]}),
        _step(next(numbers), request=read, expect={"status": [200]}),
        _step(next(numbers), request=bad, expect={"status": [201]}, capture={"user": "/id"}, rescue=plainer),
        _step(
            next(numbers), request=read, expect={"status": [200], "body": [{"at": "/active", "equals": True}]}
        ),
        _step(next(numbers), request=read, expect={"status": [200], "headers": {"etag": "never"}}),
        _step(
            next(numbers),
            request=read,
            expect={"status": [200], "body_if_any": [{"at": "/x", "exists": True}]},
        ),
        _step(next(numbers), burst=[read, read], expect={"status_counts": {"200": 1}}),
        _step(next(numbers), burst=[read, read], expect={"status": [404]}),
        _step(
            next(numbers),
            request=read,
            load={"requests": 4, "parallel": 2, "min_rps": 10_000_000},
            expect={"status": [200]},
        ),
        _step(next(numbers), request=read, expect={"status": [200]}, capture={"z": "/nothing"}),
    ]
    async with serve(scim_application()) as base_url:
        outcomes = await hold({"steps": steps}, base_url, TOKEN)
        assert [step["id"] for step in steps] == [outcome.step for outcome in outcomes]
        failed = {outcome.step for outcome in outcomes if outcome.problems}
        assert failed == {step["id"] for step in steps} - {"s1", "s5"}
        assert outcomes[2].problems == ["blocked: user was never captured"]
        assert "s2 x" in str(Outcome("s2", "x", []))
        left = await hold(
            {
                "steps": [
                    _step(
                        1,
                        request={"method": "GET", "path": "/Users"},
                        expect={"body": [{"at": "/totalResults", "equals": 0}]},
                    )
                ]
            },
            base_url,
            TOKEN,
        )
    assert left[0].problems == []
