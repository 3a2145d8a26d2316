"""Our kernel and scim2-models decide alike, but for the short list in `oracle.DISAGREEMENTS`."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from scim2_models import SCIMException

from syncline.scim.errors import ScimError
from syncline.scim.patch import apply_patch, parse_patch
from syncline.scim.resource import Notes, read
from syncline.scim.schemas import USER
from tests.conformance.scim_oracle import oracle
from tests.conformance.scim_oracle.strategies import FILTERS, PATCHES, USERS
from tests.unit.scim.samples import matches, operations, quick, read_user


@quick
@given(USERS)
def test_a_user_is_read_alike(body: dict[str, Any]) -> None:
    assert oracle.shown(oracle.read(body)) == oracle.bare(read_user(body))


@quick
@given(USERS, FILTERS)
def test_a_filter_matches_alike(body: dict[str, Any], text: str) -> None:
    assert oracle.matches(text, oracle.read(body)) == matches(text, read_user(body))


@quick
@given(USERS, PATCHES)
def test_a_patch_has_the_same_effect_or_the_same_refusal(
    body: dict[str, Any], given: list[dict[str, Any]]
) -> None:
    theirs: Any
    ours: Any
    try:
        theirs = oracle.shown(oracle.patched(oracle.read(body), operations(*given)))
    except SCIMException as error:
        theirs = error.scim_type
    try:
        patch = parse_patch(USER, operations(*given), Notes())
        ours = oracle.bare(apply_patch(USER, read(USER, body, Notes()), patch, Notes()))
    except ScimError as error:
        ours = error.scim_type

    assert theirs == ours
