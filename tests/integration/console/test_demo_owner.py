"""The demo's owner comes in by the link, as a person would."""

from __future__ import annotations

import pytest

from syncline.demo.console import ConsoleRefused, become_owner
from tests.support.console import World

pytestmark = pytest.mark.asyncio


async def test_the_owner_of_the_demo_can_sign_in(world: World) -> None:
    link = (await world.run("operator.link"))["link"]
    owner = await become_owner(link)
    seen = await world.browser().sign_in(owner.email, owner.password)

    assert (200, True) == (seen.status, "Tenants" in seen.words)
    with pytest.raises(ConsoleRefused):
        await become_owner(link)
