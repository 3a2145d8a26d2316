from __future__ import annotations

import pytest

from syncline.scimserver.etag import etag, none_match_holds, versions_named


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("*", None),
        (" * ", None),
        ('W/"3"', {3}),
        ('W/"3-0123abcd"', {3}),
        ('W/"3-xyz"', set()),
        ('"3"', {3}),
        ('W/"3", W/"4"', {3, 4}),
        ('  W/"12"  ,"7"', {12, 7}),
        ("3", set()),
        ('W/"abc"', set()),
        ('W/"0"', set()),
        ('W/"-1"', set()),
        ('W/"03"', set()),
        ('W/"1' + "0" * 30 + '"', set()),
        ("", set()),
        ('W/"3', set()),
    ],
)
def test_a_header_names_the_versions_that_are_tags_of_ours(
    header: str | None, expected: set[int] | None
) -> None:
    assert versions_named(header) == expected


SALES, BUYERS = {"value": "g1", "display": "Sales"}, {"value": "g2", "display": "Buyers"}


@pytest.mark.parametrize("groups", [None, (), (SALES,), (SALES, BUYERS)])
def test_a_tag_names_its_own_version_whatever_the_groups(groups: tuple[dict[str, str], ...] | None) -> None:
    assert versions_named(etag(7, groups)) == frozenset({7})


def test_without_groups_a_tag_is_the_version() -> None:
    assert ['W/"7"'] * 3 == [etag(7), etag(7, ()), etag(7, None)]


def test_other_groups_are_another_tag_and_their_order_is_nothing() -> None:
    renamed = {**SALES, "display": "Selling"}
    groups = [(), (SALES,), (BUYERS,), (SALES, BUYERS), (renamed,)]

    assert len(groups) == len({etag(7, each) for each in groups})
    assert etag(7, (SALES, BUYERS)) == etag(7, (BUYERS, SALES))


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, False), ("*", True), ('W/"2"', True), ('"2"', True), ('W/"3"', False), ("x", False)],
)
def test_a_client_that_has_the_version_is_told_so(header: str | None, expected: bool) -> None:
    assert none_match_holds(header, etag(2)) is expected


def test_a_client_that_has_other_groups_is_not_told_that_nothing_changed() -> None:
    assert none_match_holds(etag(2, (SALES,)), etag(2, (SALES,)))
    assert not none_match_holds(etag(2), etag(2, (SALES,)))
    assert not none_match_holds(etag(2, (SALES,)), etag(2))
