"""Each disagreement on the list is real: when the oracle changes its mind, its line must go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scim2_models import SCIMException

from syncline.scim.errors import ScimError
from tests.conformance.scim_oracle import oracle
from tests.unit.scim.samples import CORE, ENTERPRISE, matches, operation, operations, patched, read_user

REFUSED = "refused"
SMALL = {"schemas": [CORE], "userName": "bob"}
MANAGED = {**SMALL, ENTERPRISE: {"manager": {"value": "m-1", "displayName": "M"}}}


def outcome(decide: Callable[[], Any]) -> Any:
    try:
        return decide()
    except (ScimError, SCIMException, ValueError):
        return REFUSED


def reading(**body: Any) -> tuple[Any, Any]:
    sent = SMALL | body
    return outcome(lambda: oracle.shown(oracle.read(sent))), outcome(lambda: oracle.bare(read_user(sent)))


def patching(before: dict[str, Any], *given: dict[str, Any]) -> tuple[Any, Any]:
    theirs = outcome(lambda: oracle.shown(oracle.patched(oracle.read(before), operations(*given))))
    return theirs, outcome(lambda: oracle.bare(patched(read_user(before), *given)))


def filtering(text: str, **body: Any) -> tuple[Any, Any]:
    sent = SMALL | body
    return outcome(lambda: oracle.matches(text, oracle.read(sent))), outcome(
        lambda: matches(text, read_user(sent))
    )


ROLE = {**SMALL, "roles": [{"value": "A", "primary": True}]}
FAX = {**SMALL, "phoneNumbers": [{"value": "1", "type": "fax"}]}
NAMED = {**SMALL, "emails": [{"value": "a", "type": "work", "display": "A"}]}

CASES: dict[str, Callable[[], tuple[Any, Any]]] = {
    "bare-manager": lambda: reading(**{ENTERPRISE: {"manager": "m-1"}}),
    "string-elements": lambda: reading(roles=["Sales"]),
    "number-as-text": lambda: reading(title=7),
    "user-name-form": lambda: reading(userName=" bob"),
    "twice-in-another-case": lambda: reading(username="eve"),
    "null-active": lambda: reading(active=None),
    "merged-element": lambda: patching(ROLE, operation("add", "roles", [{"value": "A", "display": "a"}])),
    "husks": lambda: patching(FAX, operation("remove", 'phoneNumbers[type eq "fax"].value')),
    "other-manager": lambda: patching(
        MANAGED, operation("replace", f"{ENTERPRISE}:manager", {"value": "m-2"})
    ),
    "replaced-selection": lambda: patching(
        NAMED, operation("replace", 'emails[type eq "work"]', {"value": "b"})
    ),
    "ne-of-many": lambda: filtering('roles ne "A"', roles=[{"value": "A"}, {"value": "B"}]),
    "loose-booleans": lambda: patching(SMALL, operation("replace", "active", "off")),
    "password-filter": lambda: filtering('password eq "s3"', password="s3"),
    "compatibility-forms": lambda: filtering('title eq "\uff21"', title="A"),
}


def test_every_disagreement_is_shown_by_a_case() -> None:
    assert set(oracle.DISAGREEMENTS) == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_disagreement_is_real(name: str) -> None:
    theirs, ours = CASES[name]()

    assert theirs != ours
