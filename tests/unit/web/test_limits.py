from __future__ import annotations

import asyncio
import json

import pytest

from syncline.gateway.web.limits import InFlight
from syncline.scim.errors import TooManyRequests
from syncline.scimserver.asgi import Receive, Scope, Send
from syncline.scimserver.responses import error_response, send_response
from tests.unit.web.asking import Answer, ask


class Endpoint:
    """Claims the share of the tenant in the path and gives it back, as SCIM's does, and answers when told to."""

    def __init__(self, *, total: int = 100, per_tenant: int = 100, seconds: float = 60) -> None:
        self.refused: list[str] = []
        self.in_flight = InFlight(
            total=total, per_tenant=per_tenant, seconds=seconds, refused=self.refused.append
        )
        self.application = self.in_flight.around(self._answer)
        self.go_on = asyncio.Event()

    async def _answer(self, scope: Scope, _receive: Receive, send: Send) -> None:
        try:
            self.in_flight.claim(scope["path"])
        except TooManyRequests as error:
            await send_response(send, error_response(error), correlation_id="c")
            return
        try:
            await self.go_on.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.in_flight.release(scope["path"])

    async def begin(self, *tenants: str) -> list[asyncio.Task[Answer]]:
        tasks = [asyncio.create_task(ask(self.application, tenant)) for tenant in tenants]
        await asyncio.sleep(0)
        return tasks


def refusal(answer: Answer) -> tuple[int, str, str, str]:
    body = json.loads(answer.body)
    return answer.status, answer.headers["retry-after"], answer.headers["content-type"], body["schemas"][0]


SCIM = ("application/scim+json; charset=utf-8", "urn:ietf:params:scim:api:messages:2.0:Error")


async def test_a_tenant_past_its_share_gets_429_in_scims_form() -> None:
    endpoint = Endpoint(per_tenant=2)
    running = await endpoint.begin("/a", "/a")

    answer = await ask(endpoint.application, "/a")

    assert (429, "1", *SCIM) == refusal(answer)
    assert ["tenant"] == endpoint.refused
    endpoint.go_on.set()
    assert [200, 200] == [(await task).status for task in running]


async def test_another_tenant_is_not_kept_waiting() -> None:
    endpoint = Endpoint(per_tenant=1)
    running = await endpoint.begin("/a", "/b")
    endpoint.go_on.set()

    assert [200, 200] == [(await task).status for task in running]


async def test_a_share_is_free_again_after_the_answer() -> None:
    endpoint = Endpoint(per_tenant=1)
    endpoint.go_on.set()

    assert [200, 200, 200] == [(await ask(endpoint.application, "/a")).status for _ in range(3)]


async def test_a_share_is_free_again_when_the_client_goes_away() -> None:
    endpoint = Endpoint(per_tenant=1)
    (gone,) = await endpoint.begin("/a")
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    endpoint.go_on.set()

    assert 200 == (await ask(endpoint.application, "/a")).status
    assert 0 == endpoint.in_flight.running


async def test_past_the_servers_total_everybody_gets_503_in_scims_form() -> None:
    endpoint = Endpoint(total=1)
    running = await endpoint.begin("/a")

    answer = await ask(endpoint.application, "/b")

    assert (503, "1", *SCIM) == refusal(answer)
    assert ["total"] == endpoint.refused
    endpoint.go_on.set()
    assert 200 == (await running[0]).status


async def test_a_request_without_an_answer_in_time_gets_503() -> None:
    endpoint = Endpoint(seconds=0.01)

    answer = await ask(endpoint.application, "/a")

    assert (503, "1", *SCIM) == refusal(answer)
    assert ["time"] == endpoint.refused
    assert 0 == endpoint.in_flight.running


async def test_a_time_limit_of_the_application_itself_is_not_mistaken_for_ours() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise TimeoutError

    in_flight = InFlight(total=1, per_tenant=1, seconds=60)

    with pytest.raises(TimeoutError):
        await ask(in_flight.around(broken), "/a")


def test_giving_back_what_nobody_claimed_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        InFlight(total=1, per_tenant=1, seconds=1).release("a")
