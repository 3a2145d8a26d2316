"""What identity providers say on the wire, held with native SCIM: every step that is about users."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.portal.conftest import World
from tests.support.conversations import hold, recorded

RECORDINGS = Path(__file__).parents[2] / "idp"
ABOUT_USERS = (
    "common/transport",
    "entra/app-roles",
    "entra/default-mode",
    "entra/optscim-mode",
    "google-workspace/lifecycle",
    "okta/oin-template-patch",
    "okta/wizard-put",
)
DOMAIN = re.compile(r"@((?:[a-z0-9-]+\.)+[a-z]+)\b")
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"


def users_only(recording: Mapping[str, Any]) -> dict[str, Any]:
    """Return the recording without the steps that speak of groups."""
    steps = [step for step in recording["steps"] if not _about_groups(step)]
    return {**recording, "steps": steps}


def _about_groups(step: Mapping[str, Any]) -> bool:
    requests = step.get("burst") or [step.get("request") or {}]
    to_groups = any(request.get("path", "").startswith("/Groups") for request in requests)
    text = json.dumps(step)
    return to_groups or GROUP_SCHEMA in text or "{{group}}" in text


@pytest.mark.parametrize("name", ABOUT_USERS)
async def test_the_conversation_goes_as_recorded(world: World, name: str) -> None:
    recording = recorded(RECORDINGS / f"{name}.json")
    await world.change(domains=sorted(set(DOMAIN.findall(json.dumps(recording["vars"])))))

    outcomes = await hold(users_only(recording), world.scim.base_url, world.account["scim_token"])

    assert [str(outcome) for outcome in outcomes if outcome.problems] == []
    assert len(outcomes) > 5
