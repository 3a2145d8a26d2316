"""What Entra puts on the wire: bodies and operations as they were recorded or documented."""

from typing import Any

import pytest

from syncline.rehearsal import AttributeMapping, RoleExpression, paths, roles
from syncline.rehearsal.dialect import patch_body
from syncline.rehearsal.mapping import group_body, group_outgoing, user_body
from syncline.rehearsal.objects import AppRole, DirectoryGroup, DirectoryUser
from syncline.rehearsal.operations import (
    Operation,
    add_members,
    differences,
    remove_members,
)

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

ADELE = DirectoryUser(
    object_id="7a1e7a9c-2f57-4a0e-9a44-0b8d2f6d8f11",
    user_principal_name="adele@contoso.example",
    mail="adele@contoso.example",
    mail_nickname="adele",
    display_name="Adele Vance",
    given_name="Adele",
    surname="Vance",
    job_title="Retail Manager",
    department="Retail",
    employee_id="1001",
    telephone_number="5550109",
    mobile="+1 425 555 0100",
    street_address="9256 Towne Center Dr., Suite 400",
    city="San Diego",
    state="CA",
    postal_code="92121",
    country="United States",
    office="18/2111",
    preferred_language="en-US",
)

ADELE_ON_THE_WIRE: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
    "externalId": "adele",
    "userName": "adele@contoso.example",
    "active": True,
    "displayName": "Adele Vance",
    "title": "Retail Manager",
    "preferredLanguage": "en-US",
    "emails": [{"primary": True, "type": "work", "value": "adele@contoso.example"}],
    "phoneNumbers": [
        {"type": "work", "value": "5550109"},
        {"type": "mobile", "value": "+1 425 555 0100"},
    ],
    "addresses": [
        {
            "type": "work",
            "streetAddress": "9256 Towne Center Dr., Suite 400",
            "locality": "San Diego",
            "region": "CA",
            "postalCode": "92121",
            "country": "United States",
        },
        {"type": "other", "Formatted": "18/2111"},
    ],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Adele Vance", "familyName": "Vance", "givenName": "Adele"},
    "roles": [{"primary": True, "type": "WindowsAzureActiveDirectoryRole", "value": "Sales Manager"}],
    ENTERPRISE: {"employeeNumber": "1001", "department": "Retail"},
}

MANAGER_ROLE = AppRole("06b07648-ecfe-589f-9d2f-6325724a46ee", "Sales Manager", "Sales Manager")
USER_ROLE = AppRole("06b07648-ecfe-599f-9d2f-6325724a46ee", "Standard User", "Standard User")


def wire(operations: list[Operation]) -> list[dict[str, Any]]:
    return [operation.wire() for operation in operations]


def changes(user: DirectoryUser, target: dict[str, Any], *, active: bool = True) -> list[dict[str, Any]]:
    return wire(differences(AttributeMapping().outgoing(user, active=active), target))


def changed(**properties: Any) -> DirectoryUser:
    known = {name: getattr(ADELE, name) for name in DirectoryUser.__slots__}
    return DirectoryUser(**{**known, **properties})


def test_a_new_user_is_posted_in_the_recorded_form() -> None:
    outgoing = AttributeMapping().outgoing(ADELE, active=True)
    body = user_body(outgoing, roles.creation(RoleExpression.SINGLE, [MANAGER_ROLE]))

    assert body == ADELE_ON_THE_WIRE


def test_a_user_without_a_role_is_posted_with_an_empty_list_of_roles() -> None:
    body = user_body(AttributeMapping().outgoing(ADELE, active=True), [])

    assert body["roles"] == []


def test_nothing_is_sent_for_a_source_without_a_value() -> None:
    body = user_body(AttributeMapping().outgoing(changed(mobile=None, department=None), active=True), [])

    assert body["phoneNumbers"] == [{"type": "work", "value": "5550109"}]
    assert body[ENTERPRISE] == {"employeeNumber": "1001"}


def test_the_external_id_can_be_the_object_id() -> None:
    assert ADELE.object_id == AttributeMapping("objectId").outgoing(ADELE, active=True)["externalId"]


def test_another_source_for_the_external_id_is_refused() -> None:
    with pytest.raises(ValueError, match="mailNickname or objectId"):
        AttributeMapping("employeeId")


def test_an_unchanged_user_needs_no_operation() -> None:
    assert changes(ADELE, ADELE_ON_THE_WIRE) == []


def test_every_changed_attribute_is_an_operation_of_its_own() -> None:
    moved = changed(department="Wholesale", surname="Vance-Park", mail="adele.vance@contoso.example")

    assert [
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "adele.vance@contoso.example"},
        {"op": "Replace", "path": "name.formatted", "value": "Adele Vance-Park"},
        {"op": "Replace", "path": "name.familyName", "value": "Vance-Park"},
        {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": "Wholesale"},
    ] == changes(moved, ADELE_ON_THE_WIRE)


def test_a_value_the_target_lacks_is_added() -> None:
    assert changes(changed(fax_number="5550199"), ADELE_ON_THE_WIRE) == [
        {"op": "Add", "path": 'phoneNumbers[type eq "fax"].value', "value": "5550199"}
    ]


def test_a_cleared_value_is_never_provisioned() -> None:
    assert changes(changed(job_title=None), ADELE_ON_THE_WIRE) == []


def test_a_deactivation_sends_the_text_false() -> None:
    assert changes(ADELE, ADELE_ON_THE_WIRE, active=False) == [
        {"op": "Replace", "path": "active", "value": "False"}
    ]


def test_a_reactivation_sends_the_text_true() -> None:
    inactive = {**ADELE_ON_THE_WIRE, "active": False}

    assert changes(ADELE, inactive) == [{"op": "Replace", "path": "active", "value": "True"}]


def test_attribute_names_of_the_target_are_read_in_any_case() -> None:
    shouted = {"USERNAME": "x", "Emails": [{"TYPE": "Work", "VALUE": "y"}]}

    assert (
        paths.read(shouted, "userName"),
        paths.read(shouted, 'emails[type eq "work"].value'),
    ) == ("x", "y")


def test_the_dots_of_an_extension_do_not_end_its_name() -> None:
    path = paths.parse(f"{ENTERPRISE}:manager")

    assert (path.urn, path.attribute, path.sub) == (ENTERPRISE, "manager", None)


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(ValueError, match="no attribute path"):
        paths.parse('emails[type co "work"]')


def test_a_single_role_is_replaced_by_its_primary_element() -> None:
    assert wire(roles.operations(RoleExpression.SINGLE, [USER_ROLE], ADELE_ON_THE_WIRE)) == [
        {"op": "Replace", "path": 'roles[primary eq "True"].value', "value": "Standard User"}
    ]


def test_a_first_single_role_is_added_with_its_type() -> None:
    assert wire(roles.operations(RoleExpression.SINGLE, [USER_ROLE], {"roles": []})) == [
        {"op": "Add", "path": 'roles[primary eq "True"].value', "value": "Standard User"},
        {"op": "Add", "path": 'roles[primary eq "True"].type', "value": "WindowsAzureActiveDirectoryRole"},
    ]


def test_a_single_role_taken_away_lingers() -> None:
    assert roles.operations(RoleExpression.SINGLE, [], ADELE_ON_THE_WIRE) == []


def test_several_roles_are_posted_without_a_primary_one() -> None:
    assert [
        {
            "primary": False,
            "type": "WindowsAzureActiveDirectoryRole",
            "displayName": role.display_name,
            "value": role.value,
        }
        for role in (MANAGER_ROLE, USER_ROLE)
    ] == roles.creation(RoleExpression.COMPLEX, [MANAGER_ROLE, USER_ROLE])


def test_the_complex_expression_only_ever_adds_roles_as_json_text() -> None:
    found = roles.operations(RoleExpression.COMPLEX, [USER_ROLE], ADELE_ON_THE_WIRE)
    text = (
        '{"id":"06b07648-ecfe-599f-9d2f-6325724a46ee","value":"Standard User","displayName":"Standard User"}'
    )

    assert [{"op": "Add", "path": "roles", "value": [{"value": text}]}] == wire(found)


def test_the_assertive_expression_replaces_the_whole_set() -> None:
    found = roles.operations(RoleExpression.ASSERTIVE, [USER_ROLE], ADELE_ON_THE_WIRE)

    assert wire(found) == [
        {
            "op": "replace",
            "path": "roles",
            "value": [
                {
                    "primary": False,
                    "type": "WindowsAzureActiveDirectoryRole",
                    "display": "Standard User",
                    "value": "Standard User",
                }
            ],
        }
    ]


def test_the_assertive_expression_takes_the_last_role_away() -> None:
    found = roles.operations(RoleExpression.ASSERTIVE, [], ADELE_ON_THE_WIRE)

    assert wire(found) == [{"op": "replace", "path": "roles", "value": []}]


def test_a_new_group_is_posted_without_members_and_with_the_schema_of_microsoft() -> None:
    group = DirectoryGroup(object_id="g-1", display_name="HubSpot Sales", members={"u-1": None})

    assert group_body(group_outgoing(group)) == {
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:Group",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
        ],
        "externalId": "g-1",
        "displayName": "HubSpot Sales",
        "meta": {"resourceType": "Group"},
    }


def test_members_are_added_with_a_null_reference() -> None:
    assert patch_body([add_members(["u1"])]) == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "Add", "path": "members", "value": [{"$ref": None, "value": "u1"}]}],
    }


def test_members_are_removed_by_a_plain_list_of_values() -> None:
    assert remove_members(["u1", "u2"]).wire() == {
        "op": "Remove",
        "path": "members",
        "value": [{"$ref": None, "value": "u1"}, {"$ref": None, "value": "u2"}],
    }


def test_a_manager_taken_away_is_removed_without_a_value() -> None:
    assert {"op": "Remove", "path": f"{ENTERPRISE}:manager"} == Operation(
        "Remove", f"{ENTERPRISE}:manager", None, "u1"
    ).wire()
