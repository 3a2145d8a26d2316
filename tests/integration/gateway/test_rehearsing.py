"""What the process of a rehearsal says is understood: outcomes, failures, and why there are none."""

from __future__ import annotations

import pytest

from syncline import httpserver
from syncline.bootstrap.rehearsing import RehearsalProcess
from syncline.gateway.domain.errors import Unavailable
from syncline.gateway.domain.rehearsal import Provider, Script
from syncline.gateway.web.asgi import respond_text
from syncline.scimserver.asgi import Receive, Scope, Send


async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
    await respond_text(scope, send, 401, "No.")


@pytest.mark.parametrize("provider", list(Provider))
async def test_a_refused_token_is_told_in_the_words_of_the_provider(provider: Provider) -> None:
    async with httpserver.serving(refusing) as address:
        with pytest.raises(Unavailable) as told:
            await RehearsalProcess(lambda: f"{address}/scim/v2").play(Script(provider, 3), "a-secret")

    assert told.value.message.startswith("The connection test failed: ")
    assert "a-secret" not in told.value.message


async def test_a_command_that_refuses_is_quoted() -> None:
    with pytest.raises(Unavailable) as told:
        await RehearsalProcess(lambda: "nowhere").play(Script(Provider.ENTRA, 3), "a-secret")

    assert "log of the server" not in told.value.message
