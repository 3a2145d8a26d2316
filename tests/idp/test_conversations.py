"""Every recorded conversation goes as recorded, over real HTTP, optional steps included."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.conversations import hold, recorded
from tests.support.scim import TOKEN, scim_application
from tests.support.serving import serve

_HERE = Path(__file__).parent
RECORDINGS = sorted(_HERE.glob("*/*.json"))


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_the_conversation_goes_as_recorded(path: Path) -> None:
    addresses: list[str] = []
    application = scim_application(base_url=lambda: addresses[0])
    async with serve(application) as base_url:
        addresses.append(base_url)
        outcomes = await hold(recorded(path), base_url, TOKEN)
    assert [str(outcome) for outcome in outcomes if outcome.problems] == []
    assert len(recorded(path)["steps"]) == len(outcomes)


def test_every_recording_says_who_and_where_from() -> None:
    for path in RECORDINGS:
        recording = recorded(path)
        assert path.parent.name == recording["idp"]
        for step in recording["steps"]:
            assert step["source"] in recording["sources"], step["id"]
            assert step["confidence"] in {"documented", "observed", "inferred"}, step["id"]
