"""A deactivation is carried out or refused, whatever its spelling; never answered 200 and lost."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.scim.errors import ScimError
from syncline.scim.patch import apply_patch, parse_patch
from syncline.scim.resource import Notes
from syncline.scim.schemas import USER
from tests.unit.scim.samples import CORE, operation, operations, patched, user

DEACTIVATES = [
    operation("replace", "active", False),
    operation("Replace", "active", False),
    operation("REPLACE", "Active", "False"),
    operation("Replace", "active", "false"),
    operation("replace", "ACTIVE", "FALSE"),
    operation("Add", "active", "False"),
    operation("add", "active", False),
    operation("replace", " active ", " false "),
    operation("replace", f"{CORE}:active", False),
    operation("replace", f"{CORE.lower()}:Active", "False"),
    operation("replace", "urn:scim:schemas:core:1.0:active", False),
    operation("replace", CORE, {"active": False}),
    operation("replace", None, {"active": False}),
    operation("Replace", None, {"Active": "False"}),
    operation("add", None, {"active": False}),
    operation("replace", "", {"active": False}),
    operation("replace", None, [{"active": False}]),
    operation("replace", None, {f"{CORE}:active": False}),
    operation("replace", None, {CORE: {"active": "false"}}),
    operation("replace", None, {"id": "7", "schemas": [CORE], "active": False}),
    {"OP": "replace", "PATH": "active", "VALUE": False},
    {"op": "replace", "path": "active", "value": False, "name": "x"},
    {"op": "replace", "path": None, "value": {"active": False}},
]

REFUSED = [
    *(
        operation("replace", "active", value)
        for value in (
            "off",
            "no",
            "0",
            0,
            "",
            None,
            [],
            {},
            [False],
            {"value": False},
            "disabled",
            "n",
            "f",
            0.0,
            "null",
        )
    ),
    operation("replace", "active"),
    operation("remove", "active"),
    operation("remove", "active", "False"),
    operation("replace", "active.value", False),
    operation("replace", "active[value eq true]", False),
    operation("replace", "User:active", False),
    operation("replace", "user.active", False),
    operation("replace", "/active", False),
    operation("replace", "$.active", False),
    operation("replace", "urn:example:User:active", False),
    operation("replace", "\u0430ctive", False),
    operation("replace", None, {"user.active": False}),
    operation("replace", None, {"active": None}),
    operation("replace", None, False),
    operation("replace", None, "active=false"),
    operation("set", "active", False),
    operation("delete", "active"),
    {"operation": "replace", "path": "active", "value": False},
]


@pytest.mark.parametrize("given", DEACTIVATES, ids=str)
def test_every_spelling_that_means_off_deactivates(given: dict[str, Any]) -> None:
    patch = parse_patch(USER, operations(given), Notes(), resource_id="7")

    assert user(active=False) == apply_patch(USER, user(active=True), patch, Notes())


@pytest.mark.parametrize("given", REFUSED, ids=str)
def test_every_spelling_that_might_mean_off_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ScimError) as caught:
        patched(user(active=True), given)

    assert caught.value.status == 400


@pytest.mark.parametrize("value", [False, "False", "false", "FALSE", " false"])
def test_a_put_says_off_in_every_spelling(value: Any) -> None:
    for key in ("active", "Active", f"{CORE}:active", "urn:scim:schemas:core:1.0:active"):
        assert user(active=False) == user(**{key: value})


@pytest.mark.parametrize("value", [None, "", "off", "no", 0, 1, [], {}, [False]])
def test_a_put_that_might_say_off_is_refused(value: Any) -> None:
    with pytest.raises(ScimError):
        user(active=value)


def test_on_is_read_in_the_same_spellings() -> None:
    for value in (True, "True", "true", "TRUE "):
        assert user(active=True) == patched(user(active=False), operation("replace", "active", value))
