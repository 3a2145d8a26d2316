"""Canaries: after a busy day no secret is found in the database, the logs, the events, or anything that is printed."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.errors import DomainError
from syncline.gateway.services.ports import Token
from syncline.settings import read_settings
from syncline.sql.errors import SealBroken
from syncline.sql.sealing import Key, Sealer
from tests.support.faults import Fault, TroubledWorld, refuse, troubled_world
from tests.support.scim import GROUP, USER, Answer
from tests.support.tenants import TenantOf
from tests.support.world import TENANT

PASSWORD = "canary-pA55word-0b5e4ca1"
WRONG = "pat-na1-0badc0de-0000-4000-8000-00000badc0de"
READS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("tenant.list", {}),
    ("tenant.show", {"tenant": TENANT}),
    ("token.list", {"tenant": TENANT}),
    ("connection.show", {"tenant": TENANT}),
    ("connection.check", {"tenant": TENANT}),
    ("policy.show", {"tenant": TENANT}),
    ("rule.list", {"tenant": TENANT}),
    ("protect.list", {"tenant": TENANT}),
    ("plan.show", {"tenant": TENANT}),
    ("notice.list", {"tenant": TENANT}),
    ("users.list", {"tenant": TENANT}),
    ("users.show", {"tenant": TENANT, "user": "ada@acme.example"}),
    ("groups.list", {"tenant": TENANT}),
    ("events.list", {"tenant": TENANT, "limit": 500}),
)


@dataclass
class Day:
    """What a busy day has left behind."""

    world: TroubledWorld
    tenant: TenantOf
    folder: Path
    answers: list[Answer] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    records: list[logging.LogRecord] = field(default_factory=list)

    @property
    def canaries(self) -> dict[str, str]:
        """Every secret there is, and the part of each that must not be found."""
        credentials = self.world.hubspot.credentials
        return {
            "SCIM token": self.tenant.token.split("_", 2)[2],
            "HubSpot access token": credentials["access_token"],
            "HubSpot SCIM token": credentials["scim_token"],
            "refused access token": WRONG,
            "password": PASSWORD,
            "secret key": (self.folder / "secret.key").read_text().strip(),
        }

    def found_in(self, data: bytes | str) -> list[str]:
        """Return the names of the secrets that the data holds."""
        raw = data if isinstance(data, bytes) else data.encode(errors="replace")
        return [name for name, secret in self.canaries.items() if secret.encode() in raw]

    async def fail(self, operation: str, **arguments: Any) -> None:
        """Run an operation that is refused, and keep its words."""
        with pytest.raises(DomainError) as refused:
            await self.world.run(operation, **arguments)
        self.said.append(f"{refused.value!s} {refused.value!r}")


@pytest.fixture
async def day(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Day]:
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy", "aiohttp", "uvicorn", "asyncio", "syncline"):
        caplog.set_level(logging.DEBUG, logger=name)
    async with troubled_world(tmp_path) as world:
        minted = await world.run("token.create", tenant=TENANT)
        tenant = TenantOf(world.gateway, TENANT, world.tenant_id, minted["token"], minted["token_id"])
        lived = Day(world, tenant, tmp_path / "gateway", records=caplog.records)
        await people_come_with_passwords(lived)
        await hubspot_is_rude(lived)
        await operators_mistype(lived)
        yield lived


async def people_come_with_passwords(day: Day) -> None:
    """Passwords arrive in every way a client can send them; some requests are broken, some carry no right."""
    scim, enterprise = day.tenant.scim, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    ada = {"schemas": [USER, enterprise], "userName": "ada@acme.example", "password": PASSWORD}
    created = await scim.post("/Users", {**ada, "unknown": {"password": PASSWORD}})
    user = created.document["id"]
    day.answers += [
        created,
        await scim.post("/Users", {**ada, "PassWord": PASSWORD}),
        await scim.post("/Users", {"schemas": [USER], "userName": "b@acme.example", "PassWord": PASSWORD}),
        await scim.post("/Users", {**ada, f"{USER}:password": PASSWORD}),
        await scim.put(f"/Users/{user}", {**ada, "nickName": "Ada"}),
        await scim.patch(f"/Users/{user}", {"op": "replace", "path": "password", "value": PASSWORD}),
        await scim.patch(f"/Users/{user}", {"op": "add", "value": {"password": PASSWORD, "title": "x"}}),
        await scim.patch(f"/Users/{user}", {"op": "replace", "path": f"{USER}:password", "value": PASSWORD}),
        await scim.patch(f"/Users/{user}", {"op": "replace", "path": f'password[value eq "{PASSWORD}"]'}),
        await scim.post("/Users", {**ada, "userName": 7}),
        await scim.post("/Users", {**ada, "password": [PASSWORD]}),
        await scim.post("/Users", f'{{"password": "{PASSWORD}",'.encode()),
        await scim.get(f"/Users?filter=password%20eq%20%22{PASSWORD}%22"),
        await scim.get(f"/Users/{user}?attributes=password"),
        await scim.get(f"/Users?access_token={day.tenant.token}"),
        await scim.post("/Groups", {"schemas": [GROUP], "displayName": "Staff", "password": PASSWORD}),
    ]
    stranger = day.tenant.scim
    for token in (day.tenant.token + "x", day.world.hubspot.credentials["access_token"], "x"):
        stranger.token = token
        day.answers.append(await stranger.get("/Users"))


async def hubspot_is_rude(day: Day) -> None:
    """HubSpot's refusals repeat the credential they came with, in every field there is."""
    token = day.world.hubspot.credentials["access_token"]
    scim_token = day.world.hubspot.credentials["scim_token"]
    words = f"Bearer {token} is bad, so is {scim_token}"
    body = {
        "status": "error",
        "message": words,
        "category": "VALIDATION_ERROR",
        "correlationId": token,
        "errors": [{"message": words, "in": token, "code": token, "context": {"requiredScopes": [token]}}],
        "context": {"requiredScopes": [token]},
    }
    await day.world.go_live()
    for status in (400, 403, 409, 429, 500, 502):
        named = {"x_hubspot_correlation_id": token}
        day.world.front.faults = [Fault(r"(POST|PUT) .*", refuse(status, body, **named), times=3)]
        await day.tenant.scim.create_user(f"u{status}@acme.example", password=PASSWORD)
        await day.world.drain()
    day.world.front.faults = [Fault(r".*", refuse(401, body), times=20)]
    await day.tenant.scim.create_user("late@acme.example")
    await day.world.drain()
    day.said.append(json.dumps(await day.world.run("connection.show", tenant=TENANT)))
    day.world.front.faults.clear()
    await day.world.connect()
    await day.world.rest()


async def operators_mistype(day: Day) -> None:
    hubspot = day.world.hubspot
    await day.fail("connection.set", tenant=TENANT, base_url=hubspot.url, access_token=WRONG)
    await day.fail("connection.set", tenant=TENANT, base_url=hubspot.url, access_token=WRONG + " x")
    await day.fail("connection.set", tenant=TENANT, base_url="http://127.0.0.1:9", access_token=WRONG)
    await day.fail("connection.set", tenant=TENANT, base_url="https://x.example", access_token=WRONG)
    await day.fail(
        "connection.set", tenant=TENANT, base_url=hubspot.url, access_token=WRONG, scim_token=WRONG
    )
    await day.fail("connection.set", tenant=TENANT, base_url=hubspot.url, acess_token=WRONG)


def stored_bytes(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "secret.key":
            yield path.name, path.read_bytes()


async def test_no_file_but_the_key_holds_a_secret(day: Day) -> None:
    names = set()
    for name, data in stored_bytes(day.folder):
        names.add(name)
        assert [] == day.found_in(data), name
    assert {"gateway.db", "gateway.db-wal"} <= names
    assert any(b"ada@acme.example" in data for _, data in stored_bytes(day.folder))


async def test_no_answer_to_a_client_holds_a_secret(day: Day) -> None:
    assert {201, 200, 400, 401} <= {answer.status for answer in day.answers}
    for answer in day.answers:
        assert [] == day.found_in(answer.body + repr(answer.headers).encode()), answer


async def test_no_operation_prints_a_secret(day: Day) -> None:
    printed = list(day.said)
    for operation, arguments in READS:
        printed.append(json.dumps(await day.world.run(operation, **arguments)))
    events = (await day.world.run("events.list", tenant=TENANT, limit=500))["events"]
    for event in events:
        shown = await day.world.run("events.show", tenant=TENANT, seq=event["seq"])
        printed.append(json.dumps(shown))
    for user in (await day.world.run("users.list", tenant=TENANT))["users"]:
        printed.append(json.dumps(await day.world.run("users.show", tenant=TENANT, user=user["user_name"])))
    assert any("HubSpot says: [redacted] is bad" in text for text in printed)
    for text in printed:
        assert [] == day.found_in(text)


async def test_no_log_line_at_debug_level_holds_a_secret(day: Day) -> None:
    """Looked for in what was logged, before any redaction: that is the net, not the rope."""
    formatter = logging.Formatter("%(name)s %(message)s")
    lines = [formatter.format(record) + repr(record.args) for record in day.records]
    assert lines
    for line in lines:
        assert [] == day.found_in(line), line


async def test_no_metric_holds_a_secret(day: Day) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/metrics", "headers": [], "query_string": b""}
    await day.world.gateway.application(scope, receive, send)
    page: bytes = sent[1]["body"]
    assert b"syncline_scim_requests_total" in page
    assert [] == day.found_in(page)
    assert b"acme" not in page


async def test_no_repr_holds_a_secret(day: Day) -> None:
    setup = day.world.gateway.store.setup
    connection = await setup.connection(day.tenant.id)
    token = await setup.token(day.tenant.token_id)
    key = Key.load(day.folder / "secret.key")
    assert connection is not None
    assert isinstance(token, Token)
    assert day.world.hubspot.credentials["scim_token"] == connection.scim_token
    secret_key = day.canaries["secret key"]
    settings = read_settings({}, data=str(day.folder), secret_key=secret_key)
    for thing in (connection, token, key, Sealer(key), settings, day.world.gateway, day.tenant):
        assert [] == day.found_in(f"{thing!r} {thing!s}"), type(thing)
    assert key.secret.hex() not in repr(key)


async def test_what_is_sealed_opens_in_its_own_place_only(day: Day) -> None:
    setup = day.world.gateway.store.setup
    other = "00000000-0000-4000-8000-000000000000"
    with closing(sqlite3.connect(day.folder / "gateway.db")) as database, database:
        columns = [name for _, name, *_ in database.execute("PRAGMA table_info(connections)")]
        moved = ", ".join(
            {"tenant_id": f"'{other}'", "portal_id": "NULL"}.get(each, each) for each in columns
        )
        database.execute(f"INSERT INTO connections SELECT {moved} FROM connections")
    with pytest.raises(SealBroken):
        await setup.connection(type(day.tenant.id)(other))
    assert await setup.connection(day.tenant.id) is not None

    with closing(sqlite3.connect(day.folder / "gateway.db")) as database, database:
        database.execute("UPDATE connections SET access_token = scim_token, scim_token = access_token")
    with pytest.raises(SealBroken):
        await setup.connection(day.tenant.id)


async def test_the_same_credential_sealed_twice_looks_different(day: Day) -> None:
    sealer = Sealer(Key.load(day.folder / "secret.key"))
    first, second = sealer.seal("x", "t", "f"), sealer.seal("x", "t", "f")
    assert first != second
    assert ["x", "x"] == [sealer.open(each, "t", "f") for each in (first, second)]
