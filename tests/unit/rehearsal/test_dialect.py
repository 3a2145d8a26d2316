"""Entra's PATCH with the flag on the tenant URL, held against the recorded conversation."""

import pytest

from syncline.rehearsal import Dialect, RoleExpression, roles
from syncline.rehearsal.dialect import chosen, patch_body
from syncline.rehearsal.mapping import group_body, group_outgoing
from syncline.rehearsal.objects import AppRole, DirectoryGroup
from syncline.rehearsal.operations import Operation, add_members, remove_members
from syncline.rehearsal.wire import AddressError
from tests.unit.rehearsal.recorded import body_of

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = Operation("Remove", f"{ENTERPRISE}:manager", None, "m1")
SALES = AppRole("06b07648-ecfe-589f-9d2f-6325724a46ee", "Sales User", "Sales User")

RECORDED = {
    "04": [Operation("Add", "nickName", "Babs")],
    "05": [Operation("Replace", "active", False)],
    "08": [
        Operation("Replace", "displayName", "Nora B."),
        Operation("Replace", 'emails[type eq "work"].value', "{{email2}}"),
        Operation("Replace", "name.givenName", "Nora"),
        Operation("Replace", "name.familyName", "Berg-Lund"),
        Operation("Replace", "active", True),
        Operation("Replace", "userName", "{{email2}}"),
        Operation("Replace", f"{ENTERPRISE}:employeeNumber", "78"),
        Operation("Replace", f"{ENTERPRISE}:department", "Field Sales"),
        Operation("Replace", "externalId", "{{uuid:user2}}"),
    ],
    "12": [
        Operation("Add", 'phoneNumbers[type eq "mobile"].value', "+47 900 00 000"),
        Operation("Add", 'phoneNumbers[type eq "work"].value', "+47 22 00 00 00"),
        Operation("Add", 'addresses[type eq "work"].streetAddress', "Storgata 1"),
        Operation("Add", 'addresses[type eq "work"].locality', "Oslo"),
        Operation("Add", 'addresses[type eq "work"].country', "NO"),
    ],
    "14": [Operation("Replace", 'addresses[type eq "work"].locality', "Bergen")],
    "19": [MANAGER],
    "25": [add_members(["{{user}}", "{{mgr}}"])],
    "28": [remove_members(["{{user}}"])],
}


@pytest.mark.parametrize("step", RECORDED)
def test_a_patch_with_the_flag_is_the_recorded_one(step: str) -> None:
    assert body_of("entra/optscim-mode", step) == patch_body(RECORDED[step], Dialect.OPTSCIM)


def test_with_the_flag_roles_are_added_as_plain_values() -> None:
    found = roles.operations(RoleExpression.COMPLEX, [SALES], {}, Dialect.OPTSCIM)

    assert body_of("entra/optscim-mode", "21") == patch_body(found, Dialect.OPTSCIM)


def test_with_the_flag_roles_are_replaced_by_path() -> None:
    manager = AppRole("06b07648-ecfe-589f-9d2f-6325724a46ee", "Manager", "Manager")
    found = roles.operations(RoleExpression.ASSERTIVE, [manager], {}, Dialect.OPTSCIM)

    assert body_of("entra/optscim-mode", "22") == patch_body(found, Dialect.OPTSCIM)


def test_with_the_flag_a_primary_role_keeps_its_value_path() -> None:
    found = roles.operations(RoleExpression.SINGLE, [SALES], {}, Dialect.OPTSCIM)

    assert [
        {"op": "add", "path": 'roles[primary eq "True"].value', "value": "Sales User"},
        {
            "op": "add",
            "path": 'roles[primary eq "True"].type',
            "value": "WindowsAzureActiveDirectoryRole",
        },
    ] == patch_body(found, Dialect.OPTSCIM)["Operations"]


def test_with_the_flag_a_group_is_created_with_its_own_schema_alone() -> None:
    group = DirectoryGroup(object_id="{{uuid:group}}", display_name="{{gname}}")

    assert body_of("entra/optscim-mode", "24") == group_body(group_outgoing(group), Dialect.OPTSCIM)


def test_every_member_that_leaves_is_an_operation_of_its_own() -> None:
    leaving = [remove_members(["{{user_a}}", "{{user_b}}"])]

    assert body_of("entra/optscim-groups", "11") == patch_body(leaving, Dialect.OPTSCIM)


def test_a_single_change_of_a_group_keeps_its_path() -> None:
    rename = [Operation("Replace", "displayName", "{{gname}} EMEA")]

    assert body_of("entra/optscim-groups", "09") == patch_body(rename, Dialect.OPTSCIM)


def test_a_primary_role_stands_beside_the_replace_without_a_path() -> None:
    changes = [
        Operation("Replace", "title", "Lead"),
        Operation("Replace", "name.familyName", "Kimura"),
        Operation("Replace", f"{ENTERPRISE}:department", "Inside Sales"),
        Operation("Replace", 'roles[primary eq "True"].value', "Manager"),
    ]

    assert body_of("entra/optscim-groups", "21") == patch_body(changes, Dialect.OPTSCIM)


def test_a_removal_stands_beside_the_replace_without_a_path() -> None:
    changes = [MANAGER, Operation("Add", "title", "VP"), Operation("Replace", "active", True)]

    assert [
        {"op": "remove", "path": f"{ENTERPRISE}:manager"},
        {"op": "replace", "value": {"title": "VP", "active": True}},
    ] == patch_body(changes, Dialect.OPTSCIM)["Operations"]


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://a.example/scim", Dialect.DEFAULT),
        ("https://a.example/scim?aadOptscim062020", Dialect.OPTSCIM),
        ("https://a.example/scim?AADOPTSCIM062020", Dialect.OPTSCIM),
        ("https://a.example/scim?AzureAdScimPatch2017", Dialect.DEFAULT),
    ],
)
def test_the_flag_on_the_tenant_url_chooses_and_is_taken_off(base_url: str, expected: Dialect) -> None:
    assert ("https://a.example/scim", expected) == chosen(base_url)


def test_the_dialect_that_is_given_wins_over_the_flag() -> None:
    assert Dialect.DEFAULT is chosen("https://a.example/?aadOptscim062020", Dialect.DEFAULT)[1]


def test_a_query_that_is_no_flag_is_refused() -> None:
    with pytest.raises(AddressError, match="no flag of a tenant URL"):
        chosen("https://a.example/scim?token=x")
