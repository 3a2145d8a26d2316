"""A body in canonical form is taken as it is: nothing about it would be read otherwise member by member."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.scim import resource
from syncline.scim.errors import ScimError
from syncline.scim.resource import Notes, Resource
from syncline.scim.schemas import USER
from syncline.scim.shapes import shape_of
from tests.unit.scim.samples import CORE, ENTERPRISE, GROUP_URN, entra_user, quick

fits = shape_of(USER)

TEXTS = st.sampled_from(["", " ", "ada@acme.example", "work", '{"value": "Sales"}', "{", "Zoë"])
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 1, 1.0, "true", [], {}, [[]], [{}], ["x"], {"value": None}]
)
ELEMENTS = st.dictionaries(
    st.sampled_from(["value", "type", "primary", "display", "Type", "$ref", "region", "formatted"]),
    TEXTS | st.booleans() | ODD,
    max_size=4,
)
LISTS = st.lists(ELEMENTS, max_size=3)
VALUES = TEXTS | st.booleans() | LISTS | ELEMENTS | ODD
NAMES = st.sampled_from(
    [
        *(attribute.name for attribute in USER.attributes),
        *("Title", "name.givenName", "shoeSize", "members", CORE, ENTERPRISE, GROUP_URN),
    ]
)
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "emails": LISTS,
        "roles": LISTS,
        "addresses": LISTS,
        "name": st.dictionaries(st.sampled_from(["givenName", "familyName", "GivenName"]), TEXTS, max_size=2),
        ENTERPRISE: st.dictionaries(
            st.sampled_from(["department", "manager", "Division"]), TEXTS | ELEMENTS, max_size=2
        ),
        "schemas": st.lists(st.sampled_from([CORE, ENTERPRISE, CORE.upper(), GROUP_URN]), max_size=3),
        "userName": TEXTS,
    },
)


@pytest.fixture(scope="module")
def member_by_member() -> Iterator[Any]:
    """Return the reader that looks at every member of every body."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resource, "shape_of", lambda _: lambda _body: False)
        yield resource._reader.__wrapped__(USER)


def outcome(read_body: Any, body: dict[str, Any]) -> tuple[Resource | str, Notes]:
    notes = Notes()
    try:
        return read_body(body, notes), notes
    except ScimError as error:
        return f"{type(error).__name__}: {error.detail}", Notes()


@quick
@given(changes=st.dictionaries(NAMES, VALUES, max_size=2), parts=PARTS)
def test_a_body_is_read_the_same_whether_it_fits_its_shape_or_not(
    member_by_member: Any, changes: dict[str, Any], parts: dict[str, Any]
) -> None:
    body = entra_user(**parts) | changes

    assert outcome(member_by_member, body) == outcome(resource._reader(USER), body)


def test_what_identity_providers_send_fits() -> None:
    assert fits(entra_user())
    assert fits({"schemas": [CORE], "userName": "ada@acme.example"})


@pytest.mark.parametrize(
    "changes",
    [
        {"active": "True"},
        {"title": None},
        {"title": 7},
        {"Title": "Engineer"},
        {"password": "s3cret"},
        {"id": "4711"},
        {"shoeSize": "44"},
        {"name": {}},
        {"name": {"GivenName": "Ada"}},
        {ENTERPRISE: {}},
        {ENTERPRISE: {"manager": {}}},
        {ENTERPRISE: {"manager": "4711"}},
        {"emails": "ada@acme.example"},
        {"emails": [{}]},
        {"emails": [{"type": "work"}]},
        {"emails": [{"value": "ada@acme.example", "primary": "true"}]},
        {"emails": [{"value": "ada@acme.example"}] * 501},
        {"roles": [{"value": '{"value": "Sales"}'}]},
        {"roles": ["Sales"]},
    ],
)
def test_what_has_to_be_converted_does_not_fit(changes: dict[str, Any]) -> None:
    assert not fits(entra_user(**changes))
