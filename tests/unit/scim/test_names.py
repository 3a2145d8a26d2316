from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.scim.errors import InvalidValue
from syncline.scim.names import MAX_USER_NAME, check_user_name, comparison_key
from tests.unit.scim.samples import REFUSAL, attempt, quick

SAME_NAME = [
    ("ann@corp.example", "ANN@Corp.Example"),
    ("ann@corp.example", "ann\uff20corp.example"),
    ("ann@corp.example", "\uff21nn@corp.example"),
    ("jos\u00e9@corp.example", "jose\u0301@corp.example"),
    ("mike@corp.example", "M\u0131ke@corp.example"),
    ("mike@corp.example", "M\u0130KE@corp.example"),
    ("strasse@corp.example", "stra\u00dfe@corp.example"),
    ("STRASSE@corp.example", "STRA\u1e9eE@corp.example"),
    ("sam@corp.example", "\u017fam@corp.example"),
    ("karl@corp.example", "\u212aarl@corp.example"),
    ("office@corp.example", "o\ufb03ce@corp.example"),
    ("\u03c3@corp.example", "\u03c2@corp.example"),
    ("\u0410\u043d\u043d\u0430@corp.example", "\u0430\u043d\u043d\u0430@corp.example"),
]

REFUSED = [
    "",
    " ",
    " ann@corp.example",
    "ann@corp.example ",
    "ann@corp.example\n",
    "\u00a0ann@corp.example",
    "ann\u3000",
    "\u00a8ann",
    "a\x00nn",
    "a\x1fnn",
    "a\x7fnn",
    "a\u0085nn",
    "an\u200bn@corp.example",
    "an\u200cn@corp.example",
    "an\u200dn@corp.example",
    "\ufeffann@corp.example",
    "an\u00adn@corp.example",
    "an\u2060n@corp.example",
    "an\u202en@corp.example",
    "an\u2066n@corp.example",
    "an\u034fn@corp.example",
    "an\ufe0fn@corp.example",
    "an\u3164n@corp.example",
    "an\u180bn@corp.example",
    "an\U000e0061n@corp.example",
    "an\u2028n",
    "an\ud800n",
    "an\ue000n",
    "an\u0378n",
    "\u0430nn@corp.example",
    "ann@c\u043erp.example",
    "\u03b1nn@corp.example",
    "x" * (MAX_USER_NAME + 1),
]


@pytest.mark.parametrize(("one", "other"), SAME_NAME)
def test_names_that_people_or_databases_confuse_have_one_key(one: str, other: str) -> None:
    assert comparison_key(one) == comparison_key(other)


@pytest.mark.parametrize("name", REFUSED)
def test_names_with_something_unseen_or_mixed_are_refused(name: str) -> None:
    with pytest.raises(InvalidValue):
        check_user_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "ann@corp.example",
        "Ann.O'Hara+test@Corp.Example",
        "john doe",
        "CORP\\jdoe",
        "jos\u00e9@corp.example",
        "jose\u0301@corp.example",
        "\u0430\u043d\u043d\u0430@corp.example",
        "\u5c71\u7530\u592a\u90ce@corp.example",
        "\u5c71\u7530.yamada@corp.example",
        "\u05d3\u05d5\u05d3@corp.example",
        "x" * MAX_USER_NAME,
        "guest_contoso.com#EXT#@corp.example",
    ],
)
def test_ordinary_names_are_returned_as_sent(name: str) -> None:
    assert name == check_user_name(name)


def test_no_key_is_cut_off() -> None:
    assert comparison_key("x" * 299 + "a") != comparison_key("x" * 299 + "b")


@quick
@given(st.text(max_size=40))
def test_the_key_of_a_key_is_the_key(text: str) -> None:
    assert comparison_key(text) == comparison_key(comparison_key(text))


@quick
@given(st.text(max_size=40))
def test_case_never_makes_a_different_name(text: str) -> None:
    assert comparison_key(text) == comparison_key(text.upper()) == comparison_key(text.casefold())


@quick
@given(st.text(max_size=40))
def test_a_user_name_comes_back_unchanged_or_is_refused(text: str) -> None:
    assert attempt(lambda: check_user_name(text)) in (text, REFUSAL)
