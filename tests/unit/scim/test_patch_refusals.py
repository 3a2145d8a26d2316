"""PATCH on users: what is refused, that nothing then has changed, and what it may cost."""

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
    operation,
    operations,
    patched,
    user,
)

WORK = {"type": "work", "value": "w@corp.example"}
HOME = {"type": "home", "value": "h@corp.example"}


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
