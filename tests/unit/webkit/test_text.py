from __future__ import annotations

import pytest
from markupsafe import Markup

from syncline.webkit.text import moment, number, shown, span


def test_markup_in_a_name_is_shown_as_it_is_written() -> None:
    assert Markup("<bdi>&lt;script&gt;</bdi>") == shown("<script>")


@pytest.mark.parametrize("unseen", ["\u202e", "\u2066", "\u200b", "\x1b", "\r", "\u00ad", "\ufeff"])
def test_what_cannot_be_seen_is_written_out(unseen: str) -> None:
    assert f'<bdi>a<span class="unseen">U+{ord(unseen):04X}</span>b</bdi>' == shown(f"a{unseen}b")


def test_nothing_is_shown_for_nothing() -> None:
    assert Markup("") == shown(None)


def test_a_moment_is_the_same_from_a_number_and_from_text() -> None:
    assert moment(1_795_305_600_000) == moment("2026-11-22T00:00:00.000Z")
    assert ">2026-11-22 00:00 UTC<" in moment(1_795_305_600_000)


def test_a_moment_that_never_was_says_never() -> None:
    assert "never" in moment(None)


def test_numbers_have_their_thousands_apart() -> None:
    assert "1\u202f234\u202f567" == number(1_234_567)
    assert "–" == number(None)


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(400, "less than a second"), (3_600_000, "about 1 hour"), (150_000, "about 2 minutes")],
)
def test_a_span_is_said_in_its_largest_unit(milliseconds: int, words: str) -> None:
    assert words == span(milliseconds)
