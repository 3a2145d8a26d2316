"""What is refused, and with which scimType, by both sides."""

from __future__ import annotations

from typing import Any

import pytest
from scim2_models import SCIMException

from syncline.scim.errors import ScimError
from syncline.scim.filter import parse_filter
from syncline.scim.schemas import USER
from tests.conformance.scim_oracle import oracle
from tests.unit.scim.samples import CORE, operation, operations, patched, user

BODY = {"schemas": [CORE], "userName": "bob@corp.example", "emails": [{"value": "a", "type": "work"}]}

PATCHES = [
    operation("remove", "userName"),
    operation("replace", 'emails[type ne "work"].value', "x"),
    operation("replace", 'emails[type eq "a" or type eq "b"].value', "x"),
    operation("replace", "active", "maybe"),
    operation("replace", "emails", [{"value": "a", "primary": True}, {"value": "b", "primary": True}]),
    operation("replace", "title"),
    operation("replace", "title", {"a": 1}),
    operation("replace", "emails[type eq].value", "x"),
    operation("remove"),
]


@pytest.mark.parametrize("given", PATCHES, ids=str)
def test_a_patch_is_refused_by_both_for_the_same_reason(given: dict[str, Any]) -> None:
    with pytest.raises(ScimError) as ours:
        patched(user(**BODY), given)
    with pytest.raises((SCIMException, ValueError)) as theirs:
        oracle.patched(oracle.read(BODY), operations(given))

    their_type = getattr(theirs.value, "scim_type", None)
    assert their_type in (None, ours.value.scim_type)


@pytest.mark.parametrize(
    "text",
    [
        "title eqq 1",
        'title eq "x',
        "title eq",
        '(title eq "x"',
        'title eq "x")',
        "emails[]",
        "active gt true",
        "",
    ],
)
def test_a_filter_is_refused_by_both(text: str) -> None:
    with pytest.raises(ScimError):
        parse_filter(text, USER)
    with pytest.raises((SCIMException, ValueError)):
        oracle.matches(text, oracle.read(BODY))
