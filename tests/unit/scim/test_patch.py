"""PATCH on users: the hard cases of the PATCH group."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest

from syncline.scim.errors import (
    InvalidFilter,
    InvalidPath,
    InvalidSyntax,
    InvalidValue,
    Mutability,
    NoTarget,
    PayloadTooLarge,
    ScimError,
)
from syncline.scim.patch import PATCH_SCHEMA, apply_patch, parse_patch
from syncline.scim.resource import Notes
from syncline.scim.schemas import USER
from tests.unit.scim.samples import (
    CORE,
    ENTERPRISE,
    attempt,
    entra_user,
    operation,
    operations,
    patched,
    read_user,
    user,
)

WORK = {"type": "work", "value": "w@corp.example"}
HOME = {"type": "home", "value": "h@corp.example"}


# --- single values


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


# --- extension


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


# --- paths without `path`


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


# --- value paths


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


# --- lists


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


# --- primary


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


# --- refusals


@pytest.mark.parametrize(
    "path",
    [
        "__class__",
        "__dict__",
        "_x",
        "a b",
        "a..b",
        ".title",
        "title.",
        "name.givenName.x",
        "title.x",
        f"{CORE}:name.givenName.x",
        "title[value eq true]",
        'manager[value eq "x"].value',
        'emails[type eq "work"',
        'emails[type eq "work"]x',
        'emails[type eq "work"]value',
        'emails[type eq "work"].a.b',
        'emails.value[type eq "work"]',
        "emails]",
        "7",
        "user:name",
        "\u0443serName",
        "urn:ietf:params:scim:schemas:core:2.0:Us\u0435r:title",
        "a" * 5_000,
        "/title",
        "title\n\ntitle",
        7,
        ["title"],
        {"a": 1},
    ],
)
def test_a_malformed_path_is_refused(path: Any) -> None:
    for op in ("add", "replace", "remove"):
        with pytest.raises(InvalidPath):
            patched(user(), {"op": op, "path": path, "value": "x"})


@pytest.mark.parametrize(
    "path",
    ["emails[].value", "emails[type].value", 'emails[nosuch eq "x"].value', 'emails[type eq "a" or].value'],
)
def test_a_bad_filter_in_a_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidFilter):
        patched(user(), operation("replace", path, "x"))


@pytest.mark.parametrize(
    "path",
    [
        "nosuch",
        "nosuch.sub",
        "name.nosuch",
        'emails[type eq "work"].nosuch',
        'nosuch[type eq "work"].value',
        "urn:ietf:params:scim:schemas:extension:Custom:2.0:User:badge",
        f"{ENTERPRISE}x:department",
        f"{ENTERPRISE}:nosuch",
        "http://schemas.example.com/2006/11/User:badge",
    ],
)
def test_a_well_formed_path_to_something_unknown_is_ignored_and_noted(path: str) -> None:
    for op in ("add", "replace", "remove"):
        notes = Notes()
        assert user() == patched(user(), operation(op, path, "x"), notes=notes)
        assert "common:unknown-attribute" in notes
    assert user() == patched(user(), operation("replace", None, {path: {"__class__": "x"}}))


@pytest.mark.parametrize("key", ["__class__", "__proto__", "_x", "a b", "title.x", "", "a..b"])
def test_a_malformed_key_without_path_is_refused(key: str) -> None:
    with pytest.raises(InvalidPath):
        patched(user(), operation("replace", None, {key: "x"}))


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
@pytest.mark.parametrize(
    "path",
    [
        "id",
        "ID",
        "meta",
        "meta.version",
        "meta.lastModified",
        "groups",
        "groups.value",
        'groups[value eq "g"]',
    ],
)
def test_a_read_only_path_is_refused(op: str, path: str) -> None:
    with pytest.raises(Mutability):
        patched(user(), operation(op, path, "hijack"))


def test_read_only_attributes_repeated_without_path_are_ignored() -> None:
    value = {
        "id": "7",
        "schemas": [CORE],
        "meta": {"version": "x"},
        "groups": [{"value": "g"}],
        "title": "Boss",
    }
    notes = Notes()

    patch = parse_patch(USER, operations(operation("replace", None, value)), notes, resource_id="7")

    assert user(title="Boss") == apply_patch(USER, user(), patch, notes)
    assert ["okta:read-only-repeated"] == notes


def test_the_same_id_is_ignored_and_another_refused_with_or_without_path() -> None:
    for given in (operation("replace", "id", "7"), operation("replace", None, {"id": "7"})):
        parse_patch(USER, operations(given), Notes(), resource_id="7")
        with pytest.raises(Mutability):
            parse_patch(USER, operations(given), Notes(), resource_id="8")


def test_schemas_may_be_repeated_but_not_changed() -> None:
    assert user() == patched(user(), operation("add", "schemas", [ENTERPRISE]))
    for given in (operation("remove", "schemas"), operation("replace", "schemas", ["urn:x"])):
        with pytest.raises(Mutability):
            patched(user(), given)


@pytest.mark.parametrize("given", [operation("remove", "userName"), operation("remove", CORE)])
def test_a_required_attribute_cannot_be_removed(given: dict[str, Any]) -> None:
    with pytest.raises(Mutability):
        patched(user(), given)


@pytest.mark.parametrize("value", [None, "", " ", "a\u200bb", " bob", {}, []])
def test_a_user_name_that_is_no_name_is_refused(value: Any) -> None:
    for given in (operation("replace", "userName", value), operation("replace", None, {"userName": value})):
        with pytest.raises(InvalidValue):
            patched(user(), given)


@pytest.mark.parametrize(
    "given", [operation("remove"), operation("Remove", None, {"title": "x"}), operation("remove", "")]
)
def test_remove_without_path_has_no_target(given: dict[str, Any]) -> None:
    with pytest.raises(NoTarget):
        patched(user(), given)


@pytest.mark.parametrize("op", ["add", "replace"])
def test_add_and_replace_need_a_value(op: str) -> None:
    with pytest.raises(InvalidValue):
        patched(user(), operation(op, "title"))


def test_the_password_is_dropped() -> None:
    for given in (operation("replace", "password", "s3"), operation("replace", None, {"password": "s3"})):
        notes = Notes()
        assert user() == patched(user(), given, notes=notes)
        assert ["okta:password-dropped"] == notes


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "x",
        {},
        {"schemas": [PATCH_SCHEMA]},
        {"schemas": [PATCH_SCHEMA], "Operations": None},
        {"schemas": [PATCH_SCHEMA], "Operations": {"op": "add", "path": "title", "value": "x"}},
        {"schemas": [PATCH_SCHEMA], "Operations": ["add"]},
        {"schemas": [PATCH_SCHEMA], "Operations": [None]},
        {"schemas": [CORE], "Operations": []},
        {"schemas": 7, "Operations": []},
        {"schemas": [PATCH_SCHEMA], "Operations": [], "operations": []},
        operations({"path": "title", "value": "x"}),
        operations({"op": "frobnicate", "path": "title", "value": "x"}),
        operations({"op": None, "path": "title", "value": "x"}),
        operations({"op": ["add"], "path": "title", "value": "x"}),
        operations({"op": "add ", "path": "title", "value": "x"}),
        operations({"op": "add", "OP": "remove", "path": "title", "value": "x"}),
    ],
)
def test_a_body_that_is_no_patch_is_refused(body: Any) -> None:
    with pytest.raises(InvalidSyntax):
        parse_patch(USER, body, Notes())


@pytest.mark.parametrize(
    "body",
    [
        operations(),
        {"Operations": []},
        {"schemas": [], "operations": []},
        {"schemas": [PATCH_SCHEMA.upper(), "urn:x"], "Operations": []},
        {"schemas": PATCH_SCHEMA, "Operations": []},
    ],
)
def test_a_patch_without_operations_changes_nothing(body: Any) -> None:
    assert user() == apply_patch(USER, user(), parse_patch(USER, body, Notes()), Notes())


# --- atomicity and cost


@pytest.mark.parametrize(
    "bad",
    [
        operation("remove"),
        operation("replace", "userName", ""),
        operation("replace", 'emails[type ne "x"].value', "x"),
        operation("replace", "emails.primary", True),
        operation("replace", "__class__", "x"),
    ],
)
def test_one_bad_operation_leaves_the_resource_as_it_was(bad: dict[str, Any]) -> None:
    before = user(emails=[{**WORK, "type": "x"}, {**HOME, "type": "x"}], name={"givenName": "A"})
    kept = copy.deepcopy(before)

    with pytest.raises(ScimError):
        patched(
            before,
            operation("replace", "title", "SHOULD-NOT-STICK"),
            operation("replace", "name.givenName", "N"),
            operation("add", 'emails[type eq "x"].display', "N"),
            operation("add", f"{ENTERPRISE}:department", "N"),
            bad,
        )

    assert kept == before


def test_a_thousand_operations_are_read_and_more_refused() -> None:
    assert user(title="x") == patched(user(), *[operation("replace", "title", "x")] * 1000)
    with pytest.raises(PayloadTooLarge):
        patched(user(), *[operation("replace", "title", "x")] * 1001)
    with pytest.raises(PayloadTooLarge):
        patched(user(), operation("replace", None, {f"nosuch{n}": 1 for n in range(1001)}))


@pytest.mark.parametrize(
    "given",
    [
        [operation("add", "emails", [{"value": f"{n}@x"}]) for n in range(500)],
        [operation("remove", "emails", [{"type": "nosuch"}])] * 900,
        [operation("replace", 'emails[type eq "a" and display eq "b" and value eq "c"].value', "x")] * 900,
        [operation("replace", "emails.display", "x")] * 900,
        [operation("add", "addresses", [{"type": f"{n}"}]) for n in range(500)],
        [
            operation("replace", f'emails[type eq "{n}" or value eq "{"x" * 90}"].value', "x")
            for n in range(900)
        ],
    ],
    ids=["adds", "removals", "selections", "sweeps", "addresses", "uncached"],
)
def test_the_dearest_patches_take_less_than_a_second(given: list[dict[str, Any]]) -> None:
    resource = user(emails=[{"value": f"{n}@corp.example"} for n in range(490)])
    started = time.process_time()
    assert attempt(lambda: patched(resource, *given), 400, 413)

    assert time.process_time() - started < 1


def test_comparisons_and_list_elements_are_bounded_together() -> None:
    path = "emails[" + " or ".join(['type eq "a"'] * 50) + "]"
    with pytest.raises(PayloadTooLarge):
        patched(user(emails=[WORK]), *[operation("remove", path)] * 101)
    with pytest.raises(PayloadTooLarge):
        patched(user(), *[operation("replace", "roles", [f"r{n}" for n in range(500)])] * 11)
