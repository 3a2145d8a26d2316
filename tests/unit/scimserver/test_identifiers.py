"""Identifiers in the order of their making."""

from __future__ import annotations

import uuid

from syncline.scimserver.identifiers import made_at, time_ordered, time_ordered_text


def test_an_identifier_is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(time_ordered(1_800_000_000_000))

    assert 7 == made.version
    assert uuid.RFC_4122 == made.variant


def test_the_moment_comes_first() -> None:
    assert f"{1_800_000_000_000:012x}" == time_ordered(1_800_000_000_000).replace("-", "")[:12]


def test_an_identifier_tells_when_it_was_made() -> None:
    at = 1_800_000_000_000

    assert (at, at) == (made_at(time_ordered(at)), made_at(time_ordered_text(at)))
    assert [None] * 3 == [made_at(str(uuid.uuid4())), made_at(""), made_at("c0ffee")]


def test_a_later_identifier_sorts_after_an_earlier_one() -> None:
    assert time_ordered(1_800_000_000_000) < time_ordered(1_800_000_000_001)


def test_no_two_of_one_moment_are_the_same() -> None:
    assert 1_000 == len({time_ordered(1_800_000_000_000) for _ in range(1_000)})
