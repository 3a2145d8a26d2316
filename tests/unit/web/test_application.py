from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from syncline.clock import ManualClock
from syncline.gateway.web.application import create_application
from syncline.gateway.web.asgi import Application, respond_text
from syncline.gateway.web.health import FRESH_MS, Health
from syncline.gateway.web.limits import InFlight
from syncline.gateway.web.measures import metrics_page
from syncline.scimserver.asgi import Receive, Scope, Send
from syncline.scimserver.paths import path_below, raw_path
from tests.unit.web.asking import ask


class Part:
    """A part of the program that works or does not, and counts how often it was asked."""

    def __init__(self) -> None:
        self.works = True
        self.asked = 0

    async def check(self) -> None:
        self.asked += 1
        if not self.works:
            raise OSError("canary: cannot open gateway.db")


async def scim(scope: Scope, _receive: Receive, send: Send) -> None:
    """Say what the SCIM endpoints would see below their prefix."""
    await respond_text(scope, send, 200, f"scim {path_below(raw_path(scope), scope['root_path'])}")


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("canary")


def application(
    *, endpoint: Application = scim, database: Part | None = None, clock: ManualClock | None = None
) -> Application:
    part = database or Part()
    return create_application(
        scim=endpoint,
        health=Health({"database": part.check}, clock or ManualClock(), patience=0.05),
        metrics=metrics_page(lambda: b"syncline_x 1\n", "text/plain"),
        in_flight=InFlight(total=10, per_tenant=10, seconds=10),
        address=lambda: "https://sync.example.com",
        callback=scim,
    )


async def test_the_front_page_says_where_scim_lives() -> None:
    answer = await ask(application())

    assert 200 == answer.status
    assert "https://sync.example.com/scim/v2" in answer.body


async def test_a_public_address_cannot_bring_markup_into_the_front_page() -> None:
    hostile = create_application(
        scim=scim,
        health=Health({}, ManualClock()),
        metrics=scim,
        in_flight=InFlight(total=1, per_tenant=1, seconds=1),
        address=lambda: "https://x/<script>",
        callback=scim,
    )

    assert "<script>" not in (await ask(hostile)).body


@pytest.mark.parametrize("path", ["/", "/livez", "/readyz", "/metrics", "/nothing"])
async def test_no_page_may_be_framed_cached_or_load_anything(path: str) -> None:
    headers = (await ask(application(), path)).headers

    assert "default-src 'none'; frame-ancestors 'none'; base-uri 'none'" == headers["content-security-policy"]
    assert ("no-store", "nosniff") == (headers["cache-control"], headers["x-content-type-options"])


@pytest.mark.parametrize("path", ["/", "/livez", "/readyz", "/metrics"])
async def test_pages_answer_get_and_head_only(path: str) -> None:
    post = await ask(application(), path, method="POST")
    head = await ask(application(), path, method="HEAD")

    assert (405, "GET, HEAD") == (post.status, post.headers["allow"])
    assert (200, "") == (head.status, head.body)
    assert int(head.headers["content-length"]) > 0


async def test_what_is_below_the_prefix_goes_to_scim_with_the_prefix_taken_off() -> None:
    assert "scim /Users/1\n" == (await ask(application(), "/scim/v2/Users/1")).body


@pytest.mark.parametrize("path", ["/scim", "/scim/v2", "/scim/v1/Users", "/scimx", "/scim/%762/Users"])
async def test_an_address_beside_the_prefix_gets_scims_404(path: str) -> None:
    answer = await ask(application(), path)

    assert (404, "application/scim+json; charset=utf-8") == (answer.status, answer.headers["content-type"])


@pytest.mark.parametrize(
    "path", ["//scim/v2/Users", "/%73cim/v2/Users", "/./livez", "/livez/", "/LIVEZ", "/x;y"]
)
async def test_an_odd_spelling_of_a_path_matches_nothing(path: str) -> None:
    assert 404 == (await ask(application(), path)).status


async def test_what_breaks_is_answered_500_without_a_word_of_the_inside(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await ask(application(endpoint=broken), "/scim/v2/Users")

    assert 500 == answer.status
    assert "canary" not in answer.body
    assert "canary" in caplog.text


async def test_a_server_is_alive_even_when_its_database_is_not() -> None:
    part = Part()
    part.works = False

    assert 200 == (await ask(application(database=part), "/livez")).status


async def test_a_server_whose_parts_work_is_ready() -> None:
    answer = await ask(application(), "/readyz")

    assert (200, {"status": "ready", "parts": {"database": "ok"}}) == (answer.status, json.loads(answer.body))


async def test_a_server_with_a_failing_part_is_not_ready_and_says_which_but_not_why() -> None:
    part = Part()
    part.works = False

    answer = await ask(application(database=part), "/readyz")

    assert (503, "failing") == (answer.status, json.loads(answer.body)["parts"]["database"])
    assert "canary" not in answer.body


async def test_a_part_that_does_not_answer_is_failing() -> None:
    async def silent() -> None:
        await ManualClock().sleep(1)

    health = Health({"database": silent}, ManualClock(), patience=0.01)

    assert {"database": False} == await health.look()


async def test_parts_are_asked_at_most_once_a_second() -> None:
    part, clock = Part(), ManualClock()
    gateway = application(database=part, clock=clock)

    for _ in range(50):
        await ask(gateway, "/readyz")
    assert 1 == part.asked

    await clock.advance(FRESH_MS)
    await ask(gateway, "/readyz")
    assert 2 == part.asked


async def test_metrics_are_served() -> None:
    assert "syncline_x 1\n" == (await ask(application(), "/metrics")).body


async def test_a_websocket_is_closed() -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await application()({"type": "websocket", "path": "/", "headers": []}, receive, send)

    assert ["websocket.close"] == [message["type"] for message in sent]
