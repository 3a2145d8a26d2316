"""The set-up as a journey: every step at every stage, resumable, and nothing done by looking."""

from __future__ import annotations

import pytest

from syncline.gateway.web.console.journey.steps import STEPS
from tests.support.console import World

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("step", [step.key for step in STEPS])
async def test_every_step_can_be_opened_before_anything_is_done(world: World, step: str) -> None:
    owner = await world.owner()
    tenant = await world.tenant("Acme")
    seen = await owner.open(f"/tenants/{tenant}/set-up/{step}")

    assert 200 == seen.status
    assert len(seen.text) < 100_000
