"""The twenty quirks of real clients that break naive servers, and the runners-up: the kernel's part of each."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.scim.names import comparison_key
from syncline.scim.resource import Notes, read
from syncline.scim.schemas import GROUP
from tests.unit.scim.samples import (
    CORE,
    ENTERPRISE,
    GROUP_URN,
    entra_user,
    group_patch,
    matches,
    operation,
    patched,
    read_user,
    user,
)


def test_01_operations_are_named_in_any_case() -> None:
    for op in ("Add", "Replace", "ADD"):
        assert user(nickName="Babs") == patched(user(), operation(op, "nickName", "Babs"))
    assert user() == patched(user(nickName="Babs"), operation("Remove", "nickName"))


def test_02_booleans_come_as_text_and_leave_as_booleans() -> None:
    assert False is user(active="False")["active"]
    assert True is patched(user(active=False), operation("Replace", "active", "True"))["active"]
    assert True is user(emails=[{"value": "a", "primary": "true"}])["emails"][0]["primary"]


def test_03_a_value_path_that_matches_nothing_creates_the_element_with_its_type() -> None:
    for op in ("Add", "Replace"):
        after = patched(user(), operation(op, 'phoneNumbers[type eq "fax"].value', "5550199"))
        assert [{"type": "fax", "value": "5550199"}] == after["phoneNumbers"]


def test_04_several_such_operations_build_one_element() -> None:
    after = patched(
        user(),
        operation("Add", 'addresses[type eq "other"].formatted', "Building 7"),
        operation("Add", 'addresses[type eq "other"].locality', "Lyon"),
    )

    assert [{"type": "other", "formatted": "Building 7", "locality": "Lyon"}] == after["addresses"]


def test_05_keys_without_path_are_paths_and_never_stored_as_they_are() -> None:
    after = patched(
        user(), operation("replace", None, {"name.givenName": "A", f"{ENTERPRISE}:employeeNumber": "7"})
    )

    assert user(name={"givenName": "A"}, **{ENTERPRISE: {"employeeNumber": "7"}}) == after


def test_06_entra_removes_the_members_it_lists_and_no_others() -> None:
    change = group_patch(operation("Remove", "members", [{"value": "u1"}])).member_change

    assert change is not None
    assert [{"value": "u2"}] == change.apply([{"value": "u1"}, {"value": "u2"}])


def test_07_removing_a_member_who_is_not_there_is_no_error() -> None:
    change = group_patch(operation("remove", 'members[value eq "u9"]')).member_change

    assert change is not None
    assert [{"value": "u1"}] == change.apply([{"value": "u1"}])


def test_08_members_may_have_null_references_and_come_twice() -> None:
    change = group_patch(operation("Add", "members", [{"$ref": None, "value": "u1"}])).member_change

    assert change is not None
    assert [{"value": "u1"}] == change.apply([{"value": "u1"}])


def test_09_a_manager_is_a_bare_text_or_a_list_of_one() -> None:
    expected = user(**{ENTERPRISE: {"manager": {"value": "m"}}})

    assert expected == patched(user(), operation("Add", f"{ENTERPRISE}:manager", "m"))
    given = operation("Add", "manager", [{"$ref": None, "value": "m"}])
    assert expected == patched(user(), given)


def test_10_active_comes_without_a_path() -> None:
    assert user(active=False) == patched(user(active=True), operation("replace", None, {"active": False}))


def test_11_an_empty_list_of_members_and_none_mentioned_are_different() -> None:
    for given in (
        operation("replace", "members", []),
        operation("replace", None, {"members": [], "id": "g"}),
    ):
        change = group_patch(given).member_change
        assert change is not None
        assert [] == change.apply([{"value": "u1"}])
    assert group_patch(operation("replace", None, {"displayName": "New"})).member_change is None


def test_12_read_only_attributes_may_be_repeated() -> None:
    value = {"id": "7", "schemas": [CORE], "meta": {"resourceType": "User"}, "title": "x"}

    assert user(title="x") == patched(user(), operation("replace", None, value))
    assert user(title="x") == user(**value)


def test_13_an_inactive_user_is_read_and_found() -> None:
    assert matches('userName eq "bob@corp.example"', user(active="False"))


def test_14_user_names_are_compared_without_regard_to_case() -> None:
    assert matches('userName eq "BOB@CORP.EXAMPLE"', user())
    assert comparison_key("Bob@corp.example") == comparison_key("BOB@CORP.EXAMPLE")


@pytest.mark.parametrize(
    "text",
    [
        "userName eq bob@corp.example",
        'userName eq "bob@corp.example" & ',
        'userName eq "bob@corp.example"?',
        'emails eq "b@corp.example"',
        'emails[type eq "work"].value eq b@corp.example',
    ],
)
def test_16_filters_come_without_quotes_with_stray_ends_and_on_bare_lists(text: str) -> None:
    assert matches(text, user(emails=[{"value": "b@corp.example", "type": "work"}]))


def test_17_a_role_is_json_text_in_a_patch_and_plain_in_a_post() -> None:
    text = '{"id":"06b0","value":"Admin","displayName":"Administrator"}'
    role = {"value": "Admin", "display": "Administrator"}

    assert [role] == patched(user(), operation("Add", "roles", [{"value": text}]))["roles"]
    assert [role] == user(roles=[{"value": "Admin", "displayName": "Administrator"}])["roles"]
    assert matches(
        'roles[primary eq "True"].value eq "Admin"', user(roles=[{"value": "Admin", "primary": True}])
    )


def test_18_foreign_urns_are_left_out_and_unlisted_extensions_kept() -> None:
    group = read(
        GROUP,
        {
            "schemas": [
                GROUP_URN,
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
            ],
            "displayName": "G",
        },
        Notes(),
    )

    assert {"schemas": [GROUP_URN], "displayName": "G"} == group
    assert [CORE, ENTERPRISE] == read_user(entra_user(schemas=["urn:scim:schemas:core:1.0"]))["schemas"]


def test_19_nulls_unknown_names_other_case_and_passwords_do_no_harm() -> None:
    body: dict[str, Any] = {
        "Schemas": [CORE],
        "UserName": "bob@corp.example",
        "id": None,
        "title": None,
        "addresses": None,
        "favouriteColour": "teal",
        "password": "1mz050nq",
    }

    assert user() == read_user(body)


def test_a_partial_complex_replace_merges() -> None:
    before = user(name={"givenName": "A", "familyName": "B"})

    assert {"givenName": "S", "familyName": "B"} == patched(
        before, operation("replace", None, {"name": {"givenName": "S"}})
    )["name"]


def test_remove_on_a_value_path_does_not_set_the_value_it_carries() -> None:
    assert user() == patched(user(), operation("Remove", 'phoneNumbers[type eq "fax"].value', "000"))


def test_a_patch_without_operations_is_no_error() -> None:
    assert user() == patched(user())


def test_remove_with_a_null_value_is_a_plain_remove() -> None:
    assert user() == patched(user(title="x"), operation("remove", "title", None))
