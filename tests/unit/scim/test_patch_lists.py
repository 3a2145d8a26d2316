"""PATCH on users: value paths, lists and primary values."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.scim.errors import (
    InvalidValue,
    NoTarget,
)
from syncline.scim.resource import Notes
from tests.unit.scim.samples import (
    entra_user,
    operation,
    patched,
    read_user,
    user,
)

WORK = {"type": "work", "value": "w@corp.example"}
HOME = {"type": "home", "value": "h@corp.example"}


@pytest.mark.parametrize("op", ["add", "replace", "Add", "Replace"])
def test_a_selected_element_is_changed_and_no_other(op: str) -> None:
    given = operation(op, 'emails[type eq "work"].value', "new@corp.example")

    assert user(emails=[{**WORK, "value": "new@corp.example"}, HOME]) == patched(
        user(emails=[WORK, HOME]), given
    )


@pytest.mark.parametrize("op", ["add", "replace"])
def test_several_operations_build_one_missing_element(op: str) -> None:
    notes = Notes()
    after = patched(
        user(),
        operation(op, 'addresses[type eq "other"].formatted', "Building 7"),
        operation(op, 'addresses[type eq "other"].locality', "Lyon"),
        operation(op, 'addresses[type eq "work" and primary eq "True"].Formatted', "HQ"),
        notes=notes,
    )

    assert [
        {"type": "other", "formatted": "Building 7", "locality": "Lyon"},
        {"type": "work", "primary": True, "formatted": "HQ"},
    ] == after["addresses"]
    assert ["entra:created-element"] == [note for note in notes if note.startswith("entra:created")]


@pytest.mark.parametrize(
    "path",
    [
        'emails[type ne "work"].value',
        'emails[type eq "a" or type eq "b"].value',
        'emails[not (type eq "work")].value',
        "emails[type pr].value",
        'emails[type sw "w"].value',
        'emails[type eq "a" and type eq "b"].value',
    ],
)
def test_a_filter_that_describes_no_element_creates_none(path: str) -> None:
    with pytest.raises(NoTarget):
        patched(user(), operation("replace", path, "x"))


def test_a_role_selected_by_the_text_true_is_the_primary_one() -> None:
    roles = [{"value": "A", "primary": True}, {"value": "B"}]

    after = patched(user(roles=roles), operation("Replace", 'roles[primary eq "True"].value', "C"))

    assert [{"value": "C", "primary": True}, {"value": "B"}] == after["roles"]


def test_a_missing_primary_role_is_created_once() -> None:
    after = patched(
        user(),
        operation("Add", 'roles[primary eq "True"].value', "A"),
        operation("Add", 'roles[primary eq "True"].type', "T"),
        operation("Add", 'roles[primary eq "True"].display', "D"),
    )

    assert [{"primary": True, "value": "A", "type": "T", "display": "D"}] == after["roles"]


def test_a_selected_element_is_replaced_or_merged_as_a_whole() -> None:
    before = user(emails=[{**WORK, "display": "D"}, HOME])
    path = 'emails[type eq "work"]'

    assert [{"type": "work", "value": "n"}, HOME] == patched(
        before, operation("replace", path, {"value": "n"})
    )["emails"]
    assert [{**WORK, "display": "D", "value": "n"}, HOME] == patched(
        before, operation("add", path, {"value": "n"})
    )["emails"]
    assert [HOME, {"type": "work", "value": "n"}] == patched(
        user(emails=[HOME]), operation("add", path, {"value": "n"})
    )["emails"]


def test_a_selected_element_is_removed() -> None:
    assert user(emails=[HOME]) == patched(
        user(emails=[WORK, HOME]), operation("remove", 'emails[type eq "work"]')
    )
    assert user(emails=[HOME]) == patched(user(emails=[HOME]), operation("remove", 'emails[type eq "work"]'))


def test_removing_the_value_of_an_element_removes_what_is_left_of_it() -> None:
    given = operation("Remove", 'phoneNumbers[type eq "fax"].value', "000")

    assert user() == patched(user(phoneNumbers=[{"type": "fax", "value": "5550199"}]), given)
    kept = [{"type": "fax", "display": "Fax"}]
    assert user(phoneNumbers=kept) == patched(user(phoneNumbers=[{**kept[0], "value": "5550199"}]), given)
    assert user() == patched(user(), given)


def test_a_sub_attribute_without_filter_is_that_of_every_element() -> None:
    after = patched(user(emails=[WORK, HOME]), operation("replace", "emails.display", "x"))

    assert [{**WORK, "display": "x"}, {**HOME, "display": "x"}] == after["emails"]
    assert [{"value": "a"}] == patched(user(), operation("add", "emails.value", "a"))["emails"]


def test_an_added_element_joins_the_others() -> None:
    assert user(emails=[WORK, HOME]) == patched(user(emails=[WORK]), operation("add", "emails", [HOME]))
    assert user(emails=[WORK, HOME]) == patched(user(emails=[WORK]), operation("Add", "emails", HOME))


def test_an_element_that_is_there_is_not_repeated_but_brought_up_to_date() -> None:
    before = user(roles=[{"value": "A", "primary": True}])

    assert before == patched(before, operation("add", "roles", ["A"]))
    assert [{"value": "A", "primary": True, "display": "a"}] == patched(
        before, operation("add", "roles", [{"value": "A", "display": "a"}])
    )["roles"]
    both = [WORK, {**WORK, "type": "home"}]
    assert user(emails=both) == patched(user(emails=[WORK]), operation("add", "emails", [both[1]]))


def test_adding_what_is_there_leaves_the_resource_equal() -> None:
    before = read_user(entra_user())
    address = dict(before["addresses"][0])

    assert before == patched(
        before, operation("add", "addresses", [address]), operation("add", "title", before["title"])
    )


def test_roles_come_in_every_dialect() -> None:
    text = '{"id":"1","value":"User","displayName":"The user"}'
    before = user(roles=["Admin"])

    assert ["Admin", "User", "Test"] == [
        role["value"]
        for role in patched(before, operation("Add", "roles", [{"value": text}, "Test"]))["roles"]
    ]
    assert user(roles=["Sales", "Ops"]) == patched(before, operation("replace", "roles", ["Sales", "Ops"]))
    assert user(roles=["Sales"]) == patched(before, operation("replace", "roles", "Sales"))
    assert [{"primary": True, "value": "User"}] == patched(
        user(), operation("Add", 'roles[primary eq "True"].value', text)
    )["roles"]


@pytest.mark.parametrize("value", [[], None, [None], [{}], "", [{"value": None}]])
def test_an_empty_replace_removes_every_role(value: Any) -> None:
    assert user() == patched(user(roles=["A", "B"]), operation("replace", "roles", value))


@pytest.mark.parametrize("value", [[{"name": "Sales"}], {"name": "Sales"}])
def test_roles_that_say_nothing_known_do_not_empty_the_list(value: Any) -> None:
    with pytest.raises(InvalidValue):
        patched(user(roles=["A"]), operation("replace", "roles", value))


@pytest.mark.parametrize(
    "value", [[{"value": "B"}], {"value": "B"}, "B", ["B"], [{"value": "B", "display": "b"}]]
)
def test_remove_with_a_value_removes_these_elements_only(value: Any) -> None:
    assert user(roles=["A", "C"]) == patched(user(roles=["A", "B", "C"]), operation("Remove", "roles", value))


def test_remove_with_an_empty_list_removes_nothing_and_without_value_everything() -> None:
    before = user(roles=["A", "B"])

    assert before == patched(before, operation("Remove", "roles", []))
    assert user() == patched(before, operation("Remove", "roles"))


def test_removing_one_of_two_equal_addresses_heeds_the_type() -> None:
    both = [WORK, {**WORK, "type": "home"}]

    assert [WORK] == patched(user(emails=both), operation("remove", "emails", [both[1]]))["emails"]


def test_a_list_does_not_grow_past_its_limit() -> None:
    full = user(roles=[f"r{n}" for n in range(500)])

    assert full == patched(full, operation("add", "roles", ["r7"]))
    for given in (operation("add", "roles", ["new"]), operation("add", 'roles[type eq "x"].value', "new")):
        with pytest.raises(InvalidValue):
            patched(full, given)


def test_a_new_primary_value_demotes_the_old_one() -> None:
    before = user(emails=[{**WORK, "primary": True}, HOME])
    expected = [{**WORK, "primary": False}, {**HOME, "primary": True}]

    for given in (
        operation("Replace", 'emails[type eq "home"].primary', "True"),
        operation("add", 'emails[type eq "home"].primary', True),
        operation("add", "emails", [{**HOME, "primary": True}]),
        operation("add", 'emails[type eq "home"]', {"primary": True}),
    ):
        assert expected == patched(before, given)["emails"]
    created = patched(
        user(emails=[{**WORK, "primary": True}]), operation("add", "emails", {**HOME, "primary": True})
    )
    assert expected == created["emails"]


@pytest.mark.parametrize(
    "given",
    [
        operation("replace", "emails.primary", True),
        operation("replace", "emails", [{**WORK, "primary": True}, {**HOME, "primary": True}]),
        operation("add", "emails", [{**WORK, "primary": True}, {**HOME, "primary": True}]),
    ],
)
def test_two_new_primary_values_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        patched(user(emails=[WORK, HOME]), given)
