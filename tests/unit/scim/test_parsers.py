"""Whatever is sent, every parser returns a value or raises a ScimError, and what it returns is canonical."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncline.scim.errors import ScimError
from syncline.scim.filter import attributes_used, compile_filter, parse_filter
from syncline.scim.json import decode, encode
from syncline.scim.messages import SearchRequest
from syncline.scim.patch import apply_patch, parse_patch
from syncline.scim.projection import Projection, project
from syncline.scim.resource import Notes, Resource, read
from syncline.scim.schemas import GROUP, USER
from tests.unit.scim.samples import CORE, ENTERPRISE, entra_user, operations, quick, read_user

NAMES = st.sampled_from(
    [
        *(attribute.name for attribute in USER.attributes),
        *("USERNAME", "Name", "eMails", "value", "Value", "type", "primary", "display", "displayName", "members"),
        *("name.givenName", "emails.value", "department", "manager", f"{ENTERPRISE}:manager", ENTERPRISE, CORE),
        *(f"{CORE}:title", 'emails[type eq "work"].value', 'roles[primary eq "True"]', "nosuch", "__class__", "a.b", ""),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "True", "false", "work", "x@corp.example", '{"value":"Sales"}', "\u200b", "2026-01-01T00:00:00Z"])
    | st.text(max_size=6)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=10
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=6).map(lambda body: {"userName": "bob", "displayName": "G", **body})
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "replace", "remove", "Add", "Replace", "Remove", "x"])},
    optional={"path": NAMES, "value": VALUES},
)
WORDS = st.sampled_from(
    [
        *("userName", "emails", "emails.value", "active", "meta.created", "name", ENTERPRISE, "manager", "password", "nosuch"),
        *("eq", "ne", "co", "sw", "gt", "le", "pr", "and", "or", "not", "(", ")", "[", "]", "].value", "emails[type"),
        *('"work"', '"x\\"y"', '"', "true", "null", "7", '"2026-01-01T00:00:00Z"', "\\", "bob", "&"),
    ]
)


def is_canonical(resource: Resource) -> bool:
    """Tell whether reading the resource again changes nothing and notes nothing."""
    notes = Notes()
    return resource == read(USER, decode(encode(resource)), notes) and not notes


@quick
@given(VALUES | BODIES)
def test_reading_gives_a_canonical_resource_or_a_scim_error(body: Any) -> None:
    for resource_type in (USER, GROUP):
        try:
            resource = read(resource_type, body, Notes())
        except ScimError as error:
            assert error.status == 400
        else:
            assert resource == read(resource_type, resource, Notes())


@quick
@given(BODIES)
def test_what_was_read_is_in_canonical_form(body: dict[str, Any]) -> None:
    try:
        resource = read_user(body)
    except ScimError:
        return

    assert is_canonical(resource)
    assert resource == project(USER, resource, None)


@quick
@given(st.lists(OPERATIONS, max_size=5))
def test_patching_gives_a_canonical_resource_or_a_scim_error_and_never_touches_the_input(given: list[Any]) -> None:
    before = read_user(entra_user())
    try:
        patch = parse_patch(USER, operations(*given), Notes(), resource_id="7")
        after = apply_patch(USER, before, patch, Notes())
    except ScimError as error:
        assert error.status in (400, 413)
    else:
        assert is_canonical(after)
        assert after == apply_patch(USER, before, patch, Notes())
    assert read_user(entra_user()) == before


@quick
@given(VALUES | st.lists(OPERATIONS, max_size=4).map(lambda given: operations(*given)))
def test_patches_of_groups_give_a_delta_or_a_scim_error(body: Any) -> None:
    group = {"schemas": [GROUP.schema.id], "displayName": "G"}
    try:
        patch = parse_patch(GROUP, body, Notes())
        after = apply_patch(GROUP, group, patch, Notes())
    except ScimError as error:
        assert error.status in (400, 413)
    else:
        assert after["displayName"]
        assert patch.needs_members or (patch.member_change is None) == (not patch.member_steps)


@quick
@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=30))
def test_filters_are_read_and_answered_or_refused(text: str) -> None:
    resource = read_user(entra_user())
    try:
        found = parse_filter(text, USER)
    except ScimError as error:
        assert "invalidFilter" == error.scim_type
    else:
        assert compile_filter(found)(resource) in (True, False)
        assert "password" not in attributes_used(found)


@quick
@given(VALUES)
def test_search_requests_are_read_or_refused(body: Any) -> None:
    try:
        request = SearchRequest.parse(body)
    except ScimError as error:
        assert error.status == 400
    else:
        assert request.start_index >= 1
        assert request.count is None or request.count >= 0


@quick
@given(st.lists(NAMES, max_size=5), st.booleans())
def test_a_projection_shows_only_what_is_there(names: list[str], only: bool) -> None:
    resource = {**read_user(entra_user()), "id": "7"}

    shown = project(USER, resource, Projection.parse(USER, names if only else None, None if only else names))

    assert shown.keys() <= resource.keys()
    assert {"id", "schemas"} <= shown.keys()
