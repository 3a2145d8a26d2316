"""Whatever is sent, every parser returns a value or raises a ScimError, and what it returns is canonical."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncline.scim.filter import attributes_used, compile_filter, parse_filter
from syncline.scim.json import decode, encode
from syncline.scim.messages import SearchRequest
from syncline.scim.patch import apply_patch, parse_patch
from syncline.scim.projection import Projection, project
from syncline.scim.resource import Notes, Resource, read
from syncline.scim.schemas import GROUP, USER
from tests.unit.scim.samples import (
    CORE,
    ENTERPRISE,
    REFUSAL,
    attempt,
    entra_user,
    operations,
    quick,
    read_user,
)

NAMES = st.sampled_from(
    [
        *(attribute.name for attribute in USER.attributes),
        *(
            "USERNAME",
            "Name",
            "eMails",
            "value",
            "Value",
            "type",
            "primary",
            "display",
            "displayName",
            "members",
        ),
        *(
            "name.givenName",
            "emails.value",
            "department",
            "manager",
            f"{ENTERPRISE}:manager",
            ENTERPRISE,
            CORE,
        ),
        *(
            f"{CORE}:title",
            'emails[type eq "work"].value',
            'roles[primary eq "True"]',
            "nosuch",
            "__class__",
            "a.b",
            "",
        ),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "True", "false", "work", "x@corp.example", '{"value":"Sales"}', "\u200b", "2026-01-01T00:00:00Z"]
    )
    | st.text(max_size=6)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=6).map(
    lambda body: {"userName": "bob", "displayName": "G", **body}
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "replace", "remove", "Add", "Replace", "Remove", "x"])},
    optional={"path": NAMES, "value": VALUES},
)
WORDS = st.sampled_from(
    [
        *(
            "userName",
            "emails",
            "emails.value",
            "active",
            "meta.created",
            "name",
            ENTERPRISE,
            "manager",
            "password",
            "nosuch",
        ),
        *(
            "eq",
            "ne",
            "co",
            "sw",
            "gt",
            "le",
            "pr",
            "and",
            "or",
            "not",
            "(",
            ")",
            "[",
            "]",
            "].value",
            "emails[type",
        ),
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
        resource = attempt(partial(read, resource_type, body, Notes()))

        assert resource is REFUSAL or resource == read(resource_type, resource, Notes())


@quick
@given(BODIES)
def test_what_was_read_is_in_canonical_form(body: dict[str, Any]) -> None:
    resource = attempt(lambda: read_user(body))

    assert resource is REFUSAL or (is_canonical(resource) and resource == project(USER, resource, None))


@quick
@given(st.lists(OPERATIONS, max_size=5))
def test_patching_gives_a_canonical_resource_or_a_scim_error_and_never_touches_the_input(
    given: list[Any],
) -> None:
    before = read_user(entra_user())

    def patch_it() -> Resource:
        patch = parse_patch(USER, operations(*given), Notes(), resource_id="7")
        return apply_patch(USER, before, patch, Notes())

    after = attempt(patch_it, 400, 413)

    assert after is REFUSAL or (is_canonical(after) and after == patch_it())
    assert read_user(entra_user()) == before


@quick
@given(VALUES | st.lists(OPERATIONS, max_size=4).map(lambda given: operations(*given)))
def test_patches_of_groups_give_a_delta_or_a_scim_error(body: Any) -> None:
    group = {"schemas": [GROUP.schema.id], "displayName": "G"}

    def patch_it() -> bool:
        patch = parse_patch(GROUP, body, Notes())
        after = apply_patch(GROUP, group, patch, Notes())
        told = patch.needs_members or patch.member_change is not None
        return bool(after["displayName"]) and told == bool(patch.member_steps)

    assert attempt(patch_it, 400, 413) in (True, REFUSAL)


@quick
@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=30))
def test_filters_are_read_and_answered_or_refused(text: str) -> None:
    found = attempt(lambda: parse_filter(text, USER))
    if found is REFUSAL:
        return

    assert compile_filter(found)(read_user(entra_user())) in (True, False)
    assert "password" not in attributes_used(found)


@quick
@given(VALUES)
def test_search_requests_are_read_or_refused(body: Any) -> None:
    request = attempt(lambda: SearchRequest.parse(body))

    assert request is REFUSAL or (request.start_index >= 1 and (request.count or 0) >= 0)


@quick
@given(st.lists(NAMES, max_size=5), st.booleans())
def test_a_projection_shows_only_what_is_there(names: list[str], only: bool) -> None:
    resource = {**read_user(entra_user()), "id": "7"}

    shown = project(USER, resource, Projection.parse(USER, names if only else None, None if only else names))

    assert shown.keys() <= resource.keys()
    assert {"id", "schemas"} <= shown.keys()
