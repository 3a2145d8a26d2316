from __future__ import annotations

from typing import Any

import pytest

from syncline.scim.errors import InvalidValue
from syncline.scim.projection import Projection, project
from syncline.scim.schemas import GROUP, USER
from tests.unit.scim.samples import CORE, ENTERPRISE, entra_user, read_user

ADELE: dict[str, Any] = read_user(entra_user()) | {
    "id": "u-1",
    "meta": {"resourceType": "User", "version": 'W/"1"'},
    "groups": [{"value": "g", "display": "G"}],
}
ALWAYS = {"schemas": ADELE["schemas"], "id": "u-1"}


def shown(attributes: Any = None, excluded: Any = None) -> dict[str, Any]:
    return project(USER, ADELE, Projection.parse(USER, attributes, excluded))


@pytest.mark.parametrize("nothing", [None, "", " , ", []])
def test_without_a_wish_everything_is_shown(nothing: Any) -> None:
    assert ADELE == shown(nothing, nothing)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("userName", {"userName": ADELE["userName"]}),
        ("USERNAME, displayname", {"userName": ADELE["userName"], "displayName": ADELE["displayName"]}),
        (["userName", "title,active"], {key: ADELE[key] for key in ("userName", "title", "active")}),
        ("name.givenName", {"name": {"givenName": "Adele"}}),
        ("name.givenName,name", {"name": ADELE["name"]}),
        ("emails.value", {"emails": [{"value": "adele.vance@contoso.example"}]}),
        ("emails.display", {}),
        (f"{CORE}:userName", {"userName": ADELE["userName"]}),
        (ENTERPRISE, {ENTERPRISE: ADELE[ENTERPRISE]}),
        (f"{ENTERPRISE.lower()}:Department", {ENTERPRISE: {"department": "Retail"}}),
        (f"{ENTERPRISE}:manager.value", {}),
        ("nosuch", {}),
        ("groups.value,meta.version", {"groups": [{"value": "g"}], "meta": {"version": 'W/"1"'}}),
        ("id", {}),
        ("password", {}),
    ],
)
def test_only_what_is_asked_for_is_shown_besides_id_and_schemas(
    attributes: Any, expected: dict[str, Any]
) -> None:
    assert ALWAYS | expected == shown(attributes)


@pytest.mark.parametrize(
    ("excluded", "missing"),
    [
        ("emails,name", {"emails", "name"}),
        ("MEMBERS,Groups", {"groups"}),
        (f"{CORE}:title", {"title"}),
        (ENTERPRISE, {ENTERPRISE}),
        ("id,schemas,nosuch", set()),
        ("groups.value,groups.display", {"groups"}),
    ],
)
def test_excluded_attributes_are_left_out_but_never_id_and_schemas(excluded: str, missing: set[str]) -> None:
    assert {key: value for key, value in ADELE.items() if key not in missing} == shown(None, excluded)


def test_excluded_sub_attributes_leave_the_rest_of_their_attribute() -> None:
    found = shown(None, f"name.formatted,{ENTERPRISE}:department,emails.primary")

    assert {"familyName": "Vance", "givenName": "Adele"} == found["name"]
    assert {"employeeNumber": "1001"} == found[ENTERPRISE]
    assert [{"type": "work", "value": "adele.vance@contoso.example"}] == found["emails"]


def test_a_sub_attribute_of_the_extensions_manager_is_found() -> None:
    resource = ADELE | {ENTERPRISE: {"manager": {"value": "m", "displayName": "M"}, "division": "D"}}

    only = project(USER, resource, Projection.parse(USER, f"{ENTERPRISE}:manager.displayName", None))
    without = project(USER, resource, Projection.parse(USER, None, f"{ENTERPRISE}:manager.displayName"))

    assert {"manager": {"displayName": "M"}} == only[ENTERPRISE]
    assert {"manager": {"value": "m"}, "division": "D"} == without[ENTERPRISE]


def test_a_password_is_never_shown_even_if_it_were_there() -> None:
    resource = ADELE | {"password": "s3"}

    for attributes, excluded in ((None, None), ("password", None), (None, "title")):
        assert "password" not in project(USER, resource, Projection.parse(USER, attributes, excluded))


@pytest.mark.parametrize(
    ("attributes", "excluded", "expected"),
    [
        ("members.value", None, True),
        ("displayName", None, False),
        (None, "members", False),
        (None, "members.display", True),
        (None, "displayName", True),
    ],
)
def test_a_projection_tells_whether_members_must_be_loaded(
    attributes: str | None, excluded: str | None, expected: bool
) -> None:
    projection = Projection.parse(GROUP, attributes, excluded)

    assert projection is not None
    assert (expected, True) == (projection.includes("members"), projection.includes("id"))


def test_both_parameters_together_are_refused() -> None:
    with pytest.raises(InvalidValue):
        Projection.parse(USER, "userName", "title")


def test_an_endless_list_of_names_is_refused() -> None:
    with pytest.raises(InvalidValue):
        Projection.parse(USER, "a," * 201, None)


def test_the_resource_is_not_touched() -> None:
    before = read_user(entra_user())
    projection = Projection.parse(USER, None, "name.givenName,emails.value")

    project(USER, before, projection)

    assert read_user(entra_user()) == before
