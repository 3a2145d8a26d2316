from __future__ import annotations

import pytest

from syncline.scim.errors import Unauthorized
from syncline.scimserver import bearer_token


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER  abc "])
def test_the_token_is_what_follows_the_scheme(header: str) -> None:
    assert bearer_token(header) == "abc"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer null",
        "Bearer NULL",
        "Bearer undefined",
        "Basic abc",
        "abc",
        "Bearer a b",
    ],
)
def test_anything_else_is_refused(header: str | None) -> None:
    with pytest.raises(Unauthorized):
        bearer_token(header)


@pytest.mark.parametrize("token", ["\u00e9", "a\x00b", "a\tb", "a\x7f"])
def test_a_token_is_plain_text(token: str) -> None:
    with pytest.raises(Unauthorized):
        bearer_token(f"Bearer {token}")
