"""The kernel knows types, not users: a schema with every attribute type is read, patched, filtered and shown."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.scim.attributes import Attribute, ResourceType, Schema
from syncline.scim.errors import InvalidFilter, InvalidValue, Mutability
from syncline.scim.patch import apply_patch, parse_patch
from syncline.scim.projection import Projection, project
from syncline.scim.resource import Notes, Resource, read
from tests.unit.scim.samples import matches, operation, operations

THING = "urn:example:Thing"
EXTRA = "urn:example:Extra"
PARTS = (Attribute("value", type="integer"), Attribute("since", type="dateTime"))
ATTRIBUTES = (
    Attribute("size", type="integer"),
    Attribute("weight", type="decimal"),
    Attribute("made", type="dateTime"),
    Attribute("key", type="binary", case_exact=True),
    Attribute("tags", multi_valued=True),
    Attribute("numbers", type="integer", multi_valued=True),
    Attribute("part", type="complex", sub_attributes=PARTS),
)
TYPE = ResourceType(
    "Thing",
    "/Things",
    "A thing",
    Schema(THING, "Thing", "A thing", ATTRIBUTES),
    (
        Schema(
            EXTRA,
            "Extra",
            "More of it",
            (
                Attribute("colours", multi_valued=True),
                Attribute("made", type="dateTime"),
                Attribute("parts", type="complex", multi_valued=True, sub_attributes=PARTS),
                Attribute("stamp", mutability="readOnly"),
            ),
        ),
    ),
)


def thing(**body: Any) -> Resource:
    return read(TYPE, {"schemas": [THING]} | body, Notes())


def patched(resource: Resource, *given: dict[str, Any]) -> Resource:
    return apply_patch(TYPE, resource, parse_patch(TYPE, operations(*given), Notes()), Notes())


SAMPLE = {
    "size": 7,
    "weight": 1.5,
    "made": "2026-11-21T10:00:00+01:00",
    "key": "YWJj",
    "tags": ["a", "b"],
    "numbers": [1, 2],
    "part": {"value": 3},
}


def test_every_type_is_kept_as_sent() -> None:
    assert {"schemas": [THING], **SAMPLE} == thing(**SAMPLE)


@pytest.mark.parametrize(
    "body",
    [
        {"size": 7.5},
        {"size": "7"},
        {"size": True},
        {"weight": "heavy"},
        {"made": "yesterday"},
        {"made": "2026-11-21"},
        {"made": 7},
        {"made": "2026-11-21T10:00:00Z" + " " * 40},
        {"numbers": [1, "2"]},
        {"numbers": "1"},
        {"tags": [{}]},
        {"tags": [["a"]]},
        {"part": {"value": "3"}},
    ],
)
def test_another_type_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        thing(**body)


def test_nulls_of_every_type_are_unassigned() -> None:
    assert thing() == thing(**(dict.fromkeys(SAMPLE) | {"numbers": [None], "part": {"since": None}}))


@pytest.mark.parametrize(
    "text",
    [
        "size eq 7",
        "size gt 6.5 and size le 7",
        "size ne 8",
        "weight lt 2",
        'weight ge "1.5"',
        'made eq "2026-11-21T09:00:00Z"',
        'made lt "2026-11-21T09:00:00.001Z"',
        'made sw "2026-11-21"',
        'made ge "2026-11-21T09:00:00"',
        'key eq "YWJj"',
        'key co "WJ" and key sw "YW" and key ew "Jj"',
        'key gt "YWJ"',
        'tags eq "B"',
        'tags ne "c"',
        "tags pr",
        "numbers gt 1",
        "part.value eq 3",
        "part eq 3",
        "part[value eq 3]",
        "not (part.since pr)",
    ],
)
def test_every_type_is_compared_in_its_own_way(text: str) -> None:
    assert matches(text, thing(**SAMPLE), TYPE)


def test_a_stored_value_that_is_no_moment_matches_no_moment() -> None:
    assert not matches('made eq "2026-11-21T09:00:00Z"', {"made": "broken"}, TYPE)


@pytest.mark.parametrize("text", ['size eq "x"', 'size co "7"', 'weight sw "1"', "made gt 7", 'key eq "a" b'])
def test_a_comparison_that_cannot_be_made_is_refused(text: str) -> None:
    with pytest.raises(InvalidFilter):
        matches(text, thing(), TYPE)


def test_plain_lists_are_added_to_without_repetition_replaced_and_removed_from() -> None:
    before = thing(tags=["a", "b"])

    assert ["a", "b", "c"] == patched(before, operation("add", "tags", ["b", "c"]))["tags"]
    assert ["c"] == patched(before, operation("replace", "tags", ["c"]))["tags"]
    assert ["a"] == patched(before, operation("remove", "tags", ["b"]))["tags"]
    assert thing() == patched(before, operation("remove", "tags"))
    assert ["x"] == patched(thing(), operation("add", None, {"tags": "x"}))["tags"]


def test_lists_of_an_extension_are_changed_behind_its_urn() -> None:
    before = thing(**{EXTRA: {"parts": [{"value": 1}, {"value": 2}], "colours": ["red"], "stamp": "x"}})

    after = patched(
        before,
        operation("remove", f"{EXTRA}:parts[value eq 1]"),
        operation("add", f"{EXTRA}:parts[value eq 3].since", "2026-11-21T10:00:00Z"),
        operation("add", "colours", "blue"),
    )

    expected = {
        "parts": [{"value": 2}, {"value": 3, "since": "2026-11-21T10:00:00Z"}],
        "colours": ["red", "blue"],
    }
    assert thing(**{EXTRA: expected}) == after
    assert matches(f'{EXTRA}:parts[value eq 3] and colours eq "BLUE"', after, TYPE)


def test_a_read_only_attribute_of_an_extension_is_refused_behind_its_path() -> None:
    with pytest.raises(Mutability):
        patched(thing(), operation("replace", f"{EXTRA}:stamp", "x"))


def test_a_name_that_core_and_extension_share_means_the_core_attribute() -> None:
    path, behind = TYPE.path("made"), TYPE.path(f"{EXTRA}:made")

    assert ("made", f"{EXTRA}:made") == (path and path.name, behind and behind.name)


def test_parts_of_lists_in_an_extension_are_shown_alone_or_left_out() -> None:
    resource = thing(
        **{EXTRA: {"parts": [{"value": 1, "since": "2026-11-21T10:00:00Z"}], "colours": ["red"]}}
    )

    only = project(TYPE, resource, Projection.parse(TYPE, f"{EXTRA}:parts.value", None))
    without = project(TYPE, resource, Projection.parse(TYPE, None, f"{EXTRA}:parts.value,colours"))

    assert {"parts": [{"value": 1}]} == only[EXTRA]
    assert {"parts": [{"since": "2026-11-21T10:00:00Z"}]} == without[EXTRA]
