from __future__ import annotations

import json

import pytest

from syncline.gateway.web.asgi import respond_text
from syncline.gateway.web.proxies import behind_proxies
from syncline.scimserver.asgi import Receive, Scope, Send
from syncline.settings_values import networks
from tests.unit.web.asking import ask


async def who(scope: Scope, _receive: Receive, send: Send) -> None:
    await respond_text(scope, send, 200, json.dumps([scope["client"][0], scope["scheme"]]))


async def seen(trusted: str, peer: str, *headers: tuple[str, str]) -> list[str]:
    answer = await ask(behind_proxies(who, networks(trusted)), headers=headers, client=peer)
    told: list[str] = json.loads(answer.body)
    return told


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        ("", "10.0.0.1", "203.0.113.9", "10.0.0.1"),
        ("10.0.0.0/8", "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.0/8", "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.0/8", "10.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.0/8", "10.0.0.1", "198.51.100.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.0/8", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.0/8", "10.0.0.1", "[2001:db8::9]:4711", "2001:db8::9"),
        ("10.0.0.0/8", "10.0.0.1", "2001:db8::9", "2001:db8::9"),
        ("10.0.0.0/8", "10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.0/8", "::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.0/8", "testclient", "203.0.113.9", "testclient"),
    ],
)
async def test_the_client_is_the_nearest_hop_that_is_not_a_trusted_proxy(
    trusted: str, peer: str, forwarded: str, client: str
) -> None:
    assert client == (await seen(trusted, peer, ("X-Forwarded-For", forwarded)))[0]


async def test_several_headers_are_read_as_one_list() -> None:
    headers = (("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-For", "10.0.0.2"))

    assert "203.0.113.9" == (await seen("10.0.0.0/8", "10.0.0.1", *headers))[0]


@pytest.mark.parametrize(
    ("told", "scheme"), [("https", "https"), ("http, https", "https"), ("gopher", "http")]
)
async def test_the_scheme_is_what_the_nearest_proxy_says(told: str, scheme: str) -> None:
    assert scheme == (await seen("10.0.0.0/8", "10.0.0.1", ("X-Forwarded-Proto", told)))[1]


async def test_a_stranger_is_not_believed_about_the_scheme() -> None:
    assert "http" == (await seen("10.0.0.0/8", "192.0.2.1", ("X-Forwarded-Proto", "https")))[1]
