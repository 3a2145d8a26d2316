"""Creating and replacing: the hard cases of the create and schema groups."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.scim.errors import InvalidSyntax, InvalidValue, Mutability, ScimError
from syncline.scim.resource import Notes, read
from syncline.scim.schemas import GROUP, USER
from tests.unit.scim.samples import CORE, ENTERPRISE, GROUP_URN, entra_user, notes_of_reading, read_user, user


def read_group(**body: Any) -> dict[str, Any]:
    return read(GROUP, {"schemas": [GROUP_URN], "displayName": "Sales"} | body, Notes())


def test_an_entra_user_is_read_without_the_parts_that_are_ours_to_say() -> None:
    expected = entra_user()
    del expected["meta"], expected["roles"]

    assert expected == read_user(entra_user())
    assert [] == notes_of_reading(entra_user())


def test_the_body_given_is_not_touched() -> None:
    body = entra_user()

    read_user(body)["title"] = "Baker"

    assert entra_user() == body


def test_unknown_attributes_and_urns_are_left_out_and_noted() -> None:
    body = entra_user(favouriteColour="teal", **{"urn:example:Custom:2.0:User": {"x": 1}})
    body["name"]["mood"] = "good"

    assert read_user(entra_user()) == read_user(body)
    assert ["common:unknown-attribute"] == notes_of_reading(body)


def test_extension_data_is_kept_and_listed_although_schemas_does_not_list_it() -> None:
    body = entra_user(schemas=[CORE])

    assert [CORE, ENTERPRISE] == read_user(body)["schemas"]
    assert ["entra:unlisted-extension"] == notes_of_reading(body)


def test_an_extension_without_data_is_not_listed() -> None:
    assert [CORE] == user(schemas=[CORE, ENTERPRISE])["schemas"]


@pytest.mark.parametrize(
    "schemas",
    [
        [CORE.upper()],
        CORE,
        ["urn:scim:schemas:core:1.0"],
        ["urn:scim:schemas:core:2.0", "urn:example:other"],
        [CORE, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        [],
        None,
    ],
)
def test_schemas_come_out_canonical_whatever_was_listed(schemas: Any) -> None:
    assert [CORE] == user(schemas=schemas)["schemas"]


@pytest.mark.parametrize("schemas", [7, [7], {"a": 1}, [[CORE]], [None]])
def test_schemas_that_are_no_urns_are_refused(schemas: Any) -> None:
    with pytest.raises(InvalidValue):
        user(schemas=schemas)


def test_names_of_attributes_are_read_in_any_case() -> None:
    body = {
        "SCHEMAS": [CORE],
        "UserName": "bob@corp.example",
        "NAME": {"GivenName": "Bob"},
        "Emails": [{"Value": "b@corp.example", "TYPE": "work", "Primary": True}],
        ENTERPRISE.upper(): {"DEPARTMENT": "Sales"},
    }

    assert {
        "schemas": [CORE, ENTERPRISE],
        "userName": "bob@corp.example",
        "name": {"givenName": "Bob"},
        "emails": [{"value": "b@corp.example", "type": "work", "primary": True}],
        ENTERPRISE: {"department": "Sales"},
    } == read_user(body)


@pytest.mark.parametrize(
    "twice",
    [
        {"username": "eve@corp.example"},
        {"USERNAME": "eve@corp.example"},
        {"name": {"givenName": "a", "GivenName": "b"}},
        {"name": {"GIVENNAME": "a", "givenname": "b"}},
        {"emails": [{"value": "a", "VALUE": "b"}]},
        {"title": "a", "Title": "b"},
        {"Title": None, "TITLE": "b"},
        {f"{CORE}:userName": "eve@corp.example"},
        {CORE: {"userName": "eve@corp.example"}},
        {CORE: {"title": "a"}, "title": "b"},
        {ENTERPRISE: {"department": "a"}, f"{ENTERPRISE}:department": "b"},
        {ENTERPRISE: {"department": "a"}, ENTERPRISE.lower(): {"department": "b"}},
        {"name": {"givenName": "a"}, "name.givenName": "b"},
        {"roles": [{"displayName": "a", "DISPLAYNAME": "b", "value": "r"}]},
    ],
)
def test_an_attribute_given_twice_in_another_spelling_is_refused(twice: dict[str, Any]) -> None:
    with pytest.raises(InvalidSyntax):
        user(**twice)


@pytest.mark.parametrize("name", [None, "", " ", " bob", "bob ", True, [], {}, ["bob"], "a\u200bb"])
def test_a_user_name_that_is_missing_blank_or_no_name_is_refused(name: Any) -> None:
    with pytest.raises(InvalidValue):
        user(userName=name)


def test_a_user_without_user_name_is_refused() -> None:
    with pytest.raises(InvalidValue, match="userName is required"):
        read_user({"schemas": [CORE], "displayName": "Bob"})


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_group_without_display_name_is_refused(name: str | None) -> None:
    with pytest.raises(InvalidValue):
        read_group(displayName=name)


@pytest.mark.parametrize("body", [[1], [], "x", 1, None, True])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(InvalidSyntax):
        read_user(body)


@pytest.mark.parametrize(
    "address", ["x@corp.local", "n/a", "A@EXAMPLE.COM", "a b", "\u00fc@b\u00fccher.example"]
)
def test_addresses_are_stored_as_sent(address: str) -> None:
    assert [{"value": address}] == user(emails=[{"value": address}])["emails"]


@pytest.mark.parametrize("number", ["5550109", "+1 425 555 0100", "(425) 555-0100 x 7"])
def test_telephone_numbers_are_stored_as_sent(number: str) -> None:
    assert [{"value": number, "type": "work"}] == user(phoneNumbers=[{"value": number, "type": "work"}])[
        "phoneNumbers"
    ]


@pytest.mark.parametrize(
    "manager",
    [
        "m-1",
        {"value": "m-1"},
        {"value": "m-1", "$ref": None},
        [{"value": "m-1"}],
        ["m-1"],
    ],
)
def test_a_manager_is_read_in_every_form_entra_sends(manager: Any) -> None:
    assert {"manager": {"value": "m-1"}} == user(**{ENTERPRISE: {"manager": manager}})[ENTERPRISE]


@pytest.mark.parametrize("manager", [None, "", [], {}, {"value": None}])
def test_an_empty_manager_is_none(manager: Any) -> None:
    assert ENTERPRISE not in user(**{ENTERPRISE: {"manager": manager}})


@pytest.mark.parametrize("manager", [7, True, [{"value": "a"}, {"value": "b"}], [["a"]][0:1] * 2])
def test_a_manager_of_another_form_is_refused(manager: Any) -> None:
    with pytest.raises(InvalidValue):
        user(**{ENTERPRISE: {"manager": manager}})


def test_nulls_and_empty_lists_are_unassigned() -> None:
    body = dict.fromkeys(("title", "addresses", "phoneNumbers", "id", "name", "externalId", ENTERPRISE))

    assert user() == user(**body, emails=[], roles=[None, {}], ims=[{"value": None}])


def test_an_empty_text_is_kept_as_sent() -> None:
    assert {"givenName": "A", "middleName": ""} == user(name={"givenName": "A", "middleName": ""})["name"]


def test_the_password_is_dropped_wherever_it_stands() -> None:
    for key in ("password", "PassWord", f"{CORE}:password"):
        assert user() == user(**{key: "1mz050nq"})
    assert user() == user(**{CORE: {"password": "1mz050nq"}})
    assert ["okta:password-dropped"] == notes_of_reading(entra_user(password="1mz050nq"))


def test_read_only_attributes_are_ignored() -> None:
    body = user(id="7", groups=[{"value": "g"}], meta={"version": "x", "resourceType": "Group"})

    assert user() == body


@pytest.mark.parametrize("key", ["id", "ID", "Id"])
def test_a_put_may_repeat_its_id_but_not_name_another(key: str) -> None:
    body = {"schemas": [CORE], "userName": "bob@corp.example", key: "7"}

    assert user() == read(USER, body, Notes(), resource_id="7")
    with pytest.raises(Mutability):
        read(USER, body, Notes(), resource_id="8")


def test_two_primary_values_are_refused() -> None:
    emails = [{"value": "a", "primary": True}, {"value": "b", "primary": "True"}]

    with pytest.raises(InvalidValue):
        user(emails=emails)


def test_an_element_given_twice_is_kept_once() -> None:
    assert [{"value": "Sales"}] == user(roles=["Sales", {"value": "Sales"}, "Sales"])["roles"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (["Sales"], [{"value": "Sales"}]),
        (["Sales", "Marketing  Lead"], [{"value": "Sales"}, {"value": "Marketing  Lead"}]),
        ("Sales", [{"value": "Sales"}]),
        ({"value": "Sales"}, [{"value": "Sales"}]),
        ([{"value": "Sales", "displayName": "S"}], [{"value": "Sales", "display": "S"}]),
        ([{"value": "Sales", "displayName": "x", "display": "S"}], [{"value": "Sales", "display": "S"}]),
        ([{"value": '{"id":"1","value":"Sales","displayName":"S"}'}], [{"value": "Sales", "display": "S"}]),
        (['{"id":"1","value":"Sales","displayName":"S"}'], [{"value": "Sales", "display": "S"}]),
        (
            [{"value": '{"value":"Sales","displayName":"S"}', "primary": False}],
            [{"value": "Sales", "display": "S", "primary": False}],
        ),
        ([{"value": "{not json"}], [{"value": "{not json"}]),
        ([{"value": '{"value": 7}'}], [{"value": '{"value": 7}'}]),
        ([{"value": '{"value":"a","value":"b"}'}], [{"value": '{"value":"a","value":"b"}'}]),
        ([""], None),
    ],
)
def test_roles_become_lists_of_values_in_every_dialect(sent: Any, kept: Any) -> None:
    assert kept == user(roles=sent).get("roles")


@pytest.mark.parametrize("roles", [7, [7], True, [["Sales"]], [{"value": ["Sales"]}], [{"value": {"a": 1}}]])
def test_roles_of_another_form_are_refused(roles: Any) -> None:
    with pytest.raises(InvalidValue):
        user(roles=roles)


@pytest.mark.parametrize(("number", "text"), [(1001, "1001"), (0, "0"), (7.5, "7.5")])
def test_a_number_for_a_text_is_its_digits(number: float, text: str) -> None:
    assert {"employeeNumber": text} == user(**{ENTERPRISE: {"employeeNumber": number}})[ENTERPRISE]


@pytest.mark.parametrize("value", [True, [], {}, ["a"], {"value": "a"}])
def test_another_type_for_a_text_is_refused(value: Any) -> None:
    with pytest.raises(InvalidValue):
        user(title=value)


def test_keys_that_are_paths_are_resolved_never_stored() -> None:
    body = user(**{"name.givenName": "A", f"{ENTERPRISE}:department": "Sales", f"{CORE}:title": "Boss"})

    assert user(name={"givenName": "A"}, title="Boss", **{ENTERPRISE: {"department": "Sales"}}) == body


def test_core_attributes_under_the_core_urn_are_read() -> None:
    assert user(active=False, title="x") == user(**{CORE: {"active": False, "title": "x"}})


@pytest.mark.parametrize(
    "key",
    [
        "__class__",
        "__dict__",
        "_x",
        "meta.version",
        "constructor.prototype",
        f"{ENTERPRISE}x",
        f"{ENTERPRISE}:x",
        f"{CORE}:x",
        "urn:ietf:params:scim:schemas:core:2.0:Us\u0435r",
        "name.x",
        "emails.x",
        "",
        ".",
        "user\u0000Name",
    ],
)
def test_a_key_that_names_nothing_is_never_stored(key: str) -> None:
    assert user() == user(**{key: {"a": "b"}})


@pytest.mark.parametrize("urn", [CORE, ENTERPRISE, ENTERPRISE.upper()])
def test_an_extension_that_is_no_object_is_refused(urn: str) -> None:
    assert user() == user(**{urn: None})
    with pytest.raises(InvalidValue):
        user(**{urn: "Sales"})


def test_a_key_that_is_a_path_into_a_list_is_refused() -> None:
    with pytest.raises(InvalidSyntax):
        user(**{"emails.value": "a"})


def test_an_extension_under_its_former_urn_is_read() -> None:
    body = user(**{"urn:scim:schemas:extension:enterprise:1.0": {"department": "Sales"}})

    assert user(**{ENTERPRISE: {"department": "Sales"}}) == body


def test_more_than_five_hundred_values_are_refused() -> None:
    assert 500 == len(user(roles=[f"r{n}" for n in range(500)])["roles"])
    with pytest.raises(InvalidValue):
        user(roles=[f"r{n}" for n in range(501)])


def test_a_group_tells_no_members_from_none_mentioned() -> None:
    assert [] == read_group(members=[])["members"]
    assert "members" not in read_group()
    assert "members" not in read_group(members=None)


def test_members_keep_their_value_type_and_name_and_come_once() -> None:
    members = [
        {"value": "u1", "$ref": None},
        {"value": "u2", "$ref": "https://other.example/Users/u2", "display": "Two", "type": "User"},
        {"value": "u1", "display": "One"},
        "u3",
    ]

    assert [
        {"value": "u1", "display": "One"},
        {"value": "u2", "type": "User", "display": "Two"},
        {"value": "u3"},
    ] == read_group(members=members)["members"]


@pytest.mark.parametrize("members", [[{}], [None], [{"value": ""}], [{"display": "x"}], [[]], 7, [7]])
def test_a_member_without_value_is_refused(members: Any) -> None:
    with pytest.raises(InvalidValue):
        read_group(members=members)


def test_a_hundred_thousand_members_are_read() -> None:
    assert 100_000 == len(read_group(members=[{"value": f"u{n}"} for n in range(100_000)])["members"])


def test_every_refusal_is_a_scim_error_with_a_sentence() -> None:
    with pytest.raises(ScimError) as caught:
        user(active="no")

    assert "active must be true or false." == caught.value.detail
