"""Noting that a token was used never stands between an identity provider and its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from syncline.sql.engines import open_engine
from syncline.sql.errors import RowMissing, StoreBusy, StoreError, StoreUnavailable
from tests.support.databases import migrate_at
from tests.support.postgres import PostgresServer
from tests.support.world import TENANT, World, world
from tests.unit.web.asking import Answer, ask


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


@pytest.mark.postgres
async def test_a_token_that_another_server_has_revoked_opens_nothing_from_then_on(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    with postgres_server.database(postgres_server.template("gateway", migrate_at)) as url:
        async with world(tmp_path, database_url=url) as acme:
            token = (await acme.run("token.create", tenant=TENANT))["token"]
            ada = orjson.loads((await _request(acme, token, "POST", "/Users", _user("ada"))).body)
            renaming = {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": "title", "value": "Countess"}],
            }
            asked = [
                ("POST", "/Users", _user("bob")),
                ("PATCH", f"/Users/{ada['id']}", renaming),
                ("DELETE", f"/Users/{ada['id']}", None),
                ("GET", f"/Users/{ada['id']}", None),
                ("GET", "/Users", None),
            ]
            before = await _request(acme, token, "GET", "/Users", None)

            _revoke_elsewhere(url)
            statuses = [(await _request(acme, token, *each)).status for each in asked]

            assert 200 == before.status
            assert [401] * len(asked) == statuses
            assert 1 == (await acme.gateway.store.backlog.totals(acme.tenant_id)).users


def _revoke_elsewhere(url: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE scim_tokens SET revoked_at = 1"))
    engine.dispose()


def _user(name: str) -> dict[str, Any]:
    return {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": f"{name}@acme.example"}


async def _request(acme: World, token: str, method: str, path: str, body: dict[str, Any] | None) -> Answer:
    headers = (("Authorization", f"Bearer {token}"), ("Content-Type", "application/scim+json"))
    sent = b"" if body is None else orjson.dumps(body)
    return await ask(acme.gateway.application, f"/scim/v2{path}", method=method, headers=headers, body=sent)
