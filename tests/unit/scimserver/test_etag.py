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


def test_a_tag_names_its_own_version() -> None:
    assert etag(7) == 'W/"7"'
    assert versions_named(etag(7)) == frozenset({7})


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, False), ("*", True), ('W/"2"', True), ('"2"', True), ('W/"3"', False), ("x", False)],
)
def test_a_client_that_has_the_version_is_told_so(header: str | None, expected: bool) -> None:
    assert none_match_holds(header, 2) is expected
