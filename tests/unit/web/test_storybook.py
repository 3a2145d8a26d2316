"""The storybook of the console is rendered, and keeps what is asked of every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from syncline.gateway.web.console import storybook
from syncline.webkit.pages import Pages, own_statics
from tests.unit.webkit.test_pages import Read


@pytest.fixture(scope="module")
def page() -> str:
    return storybook.render(Pages(own_statics(), storybook.TEMPLATES))


def test_the_consoles_pieces_hold_no_script_or_style_and_no_id_twice(page: str) -> None:
    read = Read(page)

    assert [] == read.inline
    assert len(set(read.ids)) == len(read.ids)
    assert set() == {each for each in read.fields if each not in read.labelled}


def test_canaries_in_the_consoles_pieces_are_text(page: str) -> None:
    assert "<script>alert" not in page
    assert "alert(1)" in page
    assert [] == re.findall("[\u202a-\u202e\x1b]", re.sub('value="[^"]*"', "", page))


def test_rules_that_are_ordered_are_told_with_seats_near_misses_and_privileges(page: str) -> None:
    for word in (
        'data-arrange="1"',
        "seat <bdi>Sales Hub</bdi>",
        "almost",
        "privileged",
        "No group of this id",
    ):
        assert word in page, word


def test_the_story_is_written_beside_those_of_the_kit(tmp_path: Path) -> None:
    names = {each.name for each in storybook.write(tmp_path)}

    assert {"storybook-light.html", "storybook-console-light.html", "storybook-console-dark.html"} <= names
