"""PATCH on users: single values, extensions and keys without path."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.scim.errors import (
    InvalidPath,
    InvalidValue,
)
from syncline.scim.resource import Notes
from tests.unit.scim.samples import (
    CORE,
    ENTERPRISE,
    operation,
    patched,
    user,
)

WORK = {"type": "work", "value": "w@corp.example"}
HOME = {"type": "home", "value": "h@corp.example"}


@pytest.mark.parametrize("op", ["add", "replace", "Add", "REPLACE"])
@pytest.mark.parametrize("path", ["title", "TITLE", f"{CORE}:title", f"{CORE.upper()}:Title", " title "])
def test_a_value_is_set(op: str, path: str) -> None:
    assert user(title="Boss") == patched(user(title="x"), operation(op, path, "Boss"))
    assert user(title="Boss") == patched(user(), operation(op, path, "Boss"))


@pytest.mark.parametrize("given", [operation("remove", "title"), operation("Remove", "Title", "x")])
def test_a_value_is_removed_whatever_value_comes_with_it(given: dict[str, Any]) -> None:
    assert user() == patched(user(title="x"), given)
    assert user() == patched(user(), given)


def test_replace_with_null_unassigns_and_add_of_null_changes_nothing() -> None:
    assert user() == patched(user(title="x"), operation("replace", "title", None))
    assert user(title="x") == patched(user(title="x"), operation("add", "title", None))


def test_sub_attributes_are_set_and_removed_one_by_one() -> None:
    named = user(name={"givenName": "A", "familyName": "B"})

    assert user(name={"givenName": "C", "familyName": "B"}) == patched(
        named, operation("replace", "name.givenName", "C")
    )
    assert user(name={"familyName": "B"}) == patched(named, operation("remove", "name.givenName"))
    assert user() == patched(
        named, operation("remove", "name.givenName"), operation("remove", "name.familyName")
    )
    assert user(name={"givenName": "C"}) == patched(user(), operation("Add", "Name.GivenName", "C"))


def test_a_partial_complex_value_is_merged() -> None:
    named = user(name={"givenName": "A", "familyName": "B"})
    expected = user(name={"givenName": "S", "familyName": "B"})

    assert expected == patched(named, operation("replace", None, {"name": {"givenName": "S"}}))
    assert expected == patched(named, operation("replace", "name", {"givenName": "S"}))
    assert expected == patched(named, operation("add", "name", {"givenName": "S"}))


def test_null_within_a_replaced_complex_value_unassigns_that_part() -> None:
    named = user(name={"givenName": "A", "familyName": "B"})

    given = operation("replace", None, {"name": {"givenName": None, "middleName": "M"}})

    assert user(name={"familyName": "B", "middleName": "M"}) == patched(named, given)


@pytest.mark.parametrize("value", [{}, {"nosuch": 1}])
def test_an_object_that_says_nothing_known_changes_nothing(value: Any) -> None:
    named = user(name={"givenName": "A"})

    assert named == patched(named, operation("replace", "name", value))


def test_extension_attributes_are_set_behind_the_urn_and_listed() -> None:
    assert user(**{ENTERPRISE: {"department": "Sales"}}) == patched(
        user(), operation("Add", f"{ENTERPRISE}:department", "Sales")
    )


def test_the_last_extension_attribute_takes_the_urn_with_it() -> None:
    given = user(**{ENTERPRISE: {"department": "Sales"}})

    assert user() == patched(given, operation("remove", f"{ENTERPRISE}:department"))
    assert user() == patched(given, operation("remove", ENTERPRISE))
    assert user() == patched(given, operation("replace", ENTERPRISE, None))


def test_an_extension_is_merged_as_a_whole() -> None:
    given = user(**{ENTERPRISE: {"department": "Sales", "division": "X"}})
    expected = user(**{ENTERPRISE: {"department": "Retail", "division": "X"}})

    assert expected == patched(given, operation("add", ENTERPRISE, {"Department": "Retail"}))
    assert expected == patched(given, operation("replace", None, {ENTERPRISE: {"department": "Retail"}}))
    assert expected == patched(given, operation("replace", None, {f"{ENTERPRISE}:department": "Retail"}))


@pytest.mark.parametrize(
    "value",
    ["m-2", {"value": "m-2"}, [{"$ref": None, "value": "m-2"}], ["m-2"]],
)
@pytest.mark.parametrize("path", [f"{ENTERPRISE}:manager", "manager", f"{ENTERPRISE}:Manager.Value"])
def test_a_manager_is_set_in_every_form_and_keeps_nothing_of_the_one_before(path: str, value: Any) -> None:
    if path.endswith("Value") and value != "m-2":
        with pytest.raises(InvalidValue):
            patched(user(), operation("Add", path, value))
        return
    before = user(**{ENTERPRISE: {"manager": {"value": "m-1"}}})

    assert user(**{ENTERPRISE: {"manager": {"value": "m-2"}}}) == patched(
        before, operation("Add", path, value)
    )


def test_another_manager_does_not_inherit_the_name_of_the_last() -> None:
    before = user(**{ENTERPRISE: {"manager": {"value": "m-1", "displayName": "Miriam"}}})

    after = patched(before, operation("replace", f"{ENTERPRISE}:manager", {"value": "m-2"}))

    assert {"manager": {"value": "m-2"}} == after[ENTERPRISE]


@pytest.mark.parametrize(
    "given", [operation("remove", f"{ENTERPRISE}:manager"), operation("replace", "manager", "")]
)
def test_removing_the_manager_keeps_the_rest_of_the_extension(given: dict[str, Any]) -> None:
    before = user(**{ENTERPRISE: {"manager": {"value": "m"}, "division": "X"}})

    assert user(**{ENTERPRISE: {"division": "X"}}) == patched(before, given)


@pytest.mark.parametrize("urn", [CORE, ENTERPRISE])
@pytest.mark.parametrize("value", ["Sales", ["Sales"], 7])
def test_a_schema_needs_an_object(urn: str, value: Any) -> None:
    with pytest.raises(InvalidValue):
        patched(user(), operation("replace", urn, value))


@pytest.mark.parametrize("urn", [CORE, ENTERPRISE])
def test_a_schema_cannot_hold_another(urn: str) -> None:
    with pytest.raises(InvalidPath):
        patched(user(), operation("replace", urn, {ENTERPRISE: {"department": "x"}}))


def test_adding_a_null_extension_changes_nothing() -> None:
    given = user(**{ENTERPRISE: {"department": "Sales"}})

    assert given == patched(given, operation("add", ENTERPRISE, None))


def test_keys_without_path_are_paths() -> None:
    given = operation(
        "replace",
        None,
        {
            "displayName": "B",
            "name.givenName": "G",
            f"{ENTERPRISE}:employeeNumber": "7",
            'emails[type eq "work"].value': "new@corp.example",
        },
    )
    notes = Notes()

    after = patched(user(emails=[WORK]), given, notes=notes)

    assert (
        user(
            displayName="B",
            name={"givenName": "G"},
            emails=[{"type": "work", "value": "new@corp.example"}],
            **{ENTERPRISE: {"employeeNumber": "7"}},
        )
        == after
    )
    assert ["entra:path-keys"] == notes


def test_lists_without_path_are_replaced_or_added_to() -> None:
    assert user(emails=[HOME]) == patched(user(emails=[WORK]), operation("replace", None, {"emails": [HOME]}))
    assert user(emails=[WORK, HOME]) == patched(
        user(emails=[WORK]), operation("add", None, {"emails": [HOME]})
    )
    assert user() == patched(user(emails=[WORK]), operation("replace", None, {"emails": []}))


@pytest.mark.parametrize("value", ["x", 7, None, [], [{"title": "a"}, {"title": "b"}], True])
def test_a_value_without_path_must_be_an_object(value: Any) -> None:
    with pytest.raises(InvalidValue):
        patched(user(), operation("replace", None, value))
