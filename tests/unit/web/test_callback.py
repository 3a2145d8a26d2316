from __future__ import annotations

from urllib.parse import urlencode

import pytest

from syncline.gateway.domain.authorization import Reply
from syncline.gateway.services.authorizing import NOT_OURS, Answered
from syncline.gateway.web.callback import LONGEST_QUERY, callback_page
from tests.unit.web.asking import Answer, ask

STATE = "s" * 43


class Answering:
    """Remembers what came back and says what it was told to."""

    def __init__(self, answered: Answered = NOT_OURS) -> None:
        self.answered = answered
        self.replies: list[Reply | None] = []

    async def __call__(self, reply: Reply | None) -> Answered:
        self.replies.append(reply)
        return self.answered


async def come_back(answering: Answering, query: str, method: str = "GET") -> Answer:
    return await ask(callback_page(answering), f"/oauth/callback?{query}", method=method)


async def test_the_code_and_the_state_are_handed_on() -> None:
    answering = Answering()

    await come_back(answering, urlencode({"code": "a b/c", "state": STATE}))

    assert [Reply(state=STATE, code="a b/c", error=None)] == answering.replies


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=abc",
        f"state={STATE}",
        f"code=a&code=b&state={STATE}",
        f"code=%ff&state={STATE}",
        f"code=abc&state={STATE}&" + "&".join(f"x{number}=" for number in range(30)),
        f"code={'a' * LONGEST_QUERY}&state={STATE}",
    ],
)
async def test_whatever_is_no_answer_gets_the_same_page(query: str) -> None:
    answering = Answering()

    page = await come_back(answering, query)

    assert ([None], 400) == (answering.replies, page.status)
    assert (await come_back(Answering(), "")).body == page.body


async def test_looking_without_opening_hands_nothing_on() -> None:
    answering = Answering()

    page = await come_back(answering, urlencode({"code": "abc", "state": STATE}), method="HEAD")

    assert ([None], "") == (answering.replies, page.body)


async def test_success_names_the_next_commands() -> None:
    page = await come_back(Answering(Answered(True, "acme", ("Account 7 is connected.",))), "")

    assert 200 == page.status
    for text in ("Connected to HubSpot", "Account 7 is connected.", "syncline connection check acme"):
        assert text in page.body


async def test_nothing_from_outside_becomes_markup() -> None:
    answered = Answered(False, "<script>", ("<img src=x>",))

    page = await come_back(Answering(answered), "")

    assert "<script>" not in page.body
    assert "<img" not in page.body


async def test_the_page_may_not_be_framed_cached_or_tell_where_it_came_from() -> None:
    headers = (await come_back(Answering(), "")).headers

    assert ("no-store", "no-referrer") == (headers["cache-control"], headers["referrer-policy"])
    assert "default-src 'none'; frame-ancestors 'none'; base-uri 'none'" == headers["content-security-policy"]


async def test_a_stranger_is_told_of_no_tenant() -> None:
    body = (await come_back(Answering(NOT_OURS), "")).body

    assert "syncline connection" not in body
