"""Every example of the RFCs is read, kept whole but for what is ours to say, and has the effect the text gives it.

Checked in November 2026 against the examples as other projects carry them. Three things differ from the page on
purpose: the certificate is cut short, identifiers that the page cuts short are whole, and filters name the example
user.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syncline.scim.errors import Mutability
from syncline.scim.json import decode, encode
from syncline.scim.messages import SearchRequest
from syncline.scim.patch import apply_patch, parse_patch
from syncline.scim.resource import Notes, read
from syncline.scim.schemas import GROUP, USER
from tests.unit.scim.samples import matches

HERE = Path(__file__).parent
OURS = ("id", "meta", "groups", "password")


def example(name: str) -> Any:
    return decode((HERE / f"{name}.json").read_bytes())


def names(*, starting: str, containing: str = "") -> list[str]:
    return sorted(path.stem for path in HERE.glob(f"{starting}*.json") if containing in path.stem)


RESOURCES = [*names(starting="rfc7643-8"), *names(starting="rfc7644-3.3"), *names(starting="rfc7644-3.5.1")]
PATCHES = names(starting="rfc7644-3.5.2", containing="patch")


def test_the_examples_are_all_there() -> None:
    assert (6, 11) == (len(RESOURCES), len(PATCHES))


@pytest.mark.parametrize("name", RESOURCES)
def test_a_resource_is_kept_whole_and_reads_again_the_same(name: str) -> None:
    body = example(name)
    resource_type = GROUP if "group" in name else USER
    expected = {key: value for key, value in body.items() if key not in OURS and value != []}
    if "members" in expected:
        expected["members"] = [
            {key: value for key, value in member.items() if key != "$ref"} for member in expected["members"]
        ]

    resource = read(resource_type, body, Notes())

    assert expected == resource
    assert resource == read(resource_type, decode(encode(resource)), Notes())


@pytest.mark.parametrize("name", PATCHES)
def test_a_patch_has_the_effect_the_text_gives_it(name: str) -> None:
    case = example(name)
    if "members_before" in case:
        change = parse_patch(GROUP, case["body"], Notes()).member_change
        assert change is not None
        assert case["members_after"] == change.apply(case["members_before"])
    else:
        patch = parse_patch(USER, case["body"], Notes())
        assert case["after"] == apply_patch(USER, case["before"], patch, Notes())


@pytest.mark.parametrize("text", example("rfc7644-3.4.2.2-filters")["holds"])
def test_an_example_filter_holds_for_the_example_user(text: str) -> None:
    assert matches(text, example("rfc7643-8.3-enterprise-user"))


@pytest.mark.parametrize("text", example("rfc7644-3.4.2.2-filters")["fails"])
def test_an_example_filter_does_not_hold_for_the_example_user(text: str) -> None:
    assert not matches(text, example("rfc7643-8.3-enterprise-user"))


def test_the_example_search_is_read() -> None:
    expected = SearchRequest('displayName sw "smith"', ["displayName", "userName"], None, 1, 10)

    assert expected == SearchRequest.parse(example("rfc7644-3.4.3-search-request"))


def test_an_error_has_the_form_of_the_example() -> None:
    assert example("rfc7644-3.12-error") == Mutability("Attribute 'id' is readOnly").to_dict()
