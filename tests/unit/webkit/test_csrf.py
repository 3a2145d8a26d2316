from __future__ import annotations

import pytest

from syncline.webkit.csrf import Csrf, is_from_here

OURS = "https://syncline.acme.example"


def test_a_token_holds_for_the_browser_it_was_made_for_only() -> None:
    csrf = Csrf(bytes(32))
    token = csrf.token("browser-1")

    assert csrf.holds("browser-1", token)
    assert not csrf.holds("browser-2", token)


@pytest.mark.parametrize("given", [None, "", "0" * 64, "ü"])
def test_nothing_else_holds(given: str | None) -> None:
    assert not Csrf(bytes(32)).holds("browser-1", given)


def test_a_browser_without_a_cookie_has_no_token_that_holds() -> None:
    csrf = Csrf(bytes(32))

    assert not csrf.holds(None, csrf.token(""))
    assert not csrf.holds("", csrf.token(""))


def test_tokens_of_another_key_do_not_hold() -> None:
    assert not Csrf(bytes(32)).holds("browser-1", Csrf(b"1" * 32).token("browser-1"))


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        Csrf(b"short")


@pytest.mark.parametrize(
    ("headers", "from_here"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin", "origin": OURS}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site", "origin": OURS}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
    ],
)
def test_what_the_browser_calls_foreign_is_foreign(headers: dict[str, str], from_here: bool) -> None:
    assert from_here == is_from_here(headers, OURS)
