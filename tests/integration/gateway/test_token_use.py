"""Noting that a token was used never stands between an identity provider and its answer."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.sql.errors import RowMissing, StoreBusy, StoreError, StoreUnavailable
from tests.support.world import TENANT, World
from tests.unit.web.asking import ask


@pytest.mark.parametrize(
    "trouble",
    [StoreUnavailable("The disk is full."), StoreBusy("Too many writes."), RowMissing("No such token.")],
    ids=lambda trouble: type(trouble).__name__,
)
async def test_a_read_is_answered_while_the_use_of_its_token_cannot_be_written(
    acme: World, trouble: StoreError, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    token = (await acme.run("token.create", tenant=TENANT))["token"]
    user = await acme.add_user("ada@acme.example")

    async def fail(*_given: Any) -> None:
        raise trouble

    monkeypatch.setattr(acme.gateway.store.setup, "note_token_use", fail)
    answer = await ask(
        acme.gateway.application,
        f"/scim/v2/Users/{user.id}",
        headers=(("Authorization", f"Bearer {token}"),),
    )

    assert 200 == answer.status
    assert [f"the use of a token could not be noted: {trouble}"] == caplog.messages
