"""A backup of a gateway at work, and the way back from it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import shutil
import sqlite3
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from syncline.bootstrap.offline import forget_key, restore
from syncline.bootstrap.serving import local_operations
from syncline.gateway.domain.errors import Conflict, Invalid, Refused
from syncline.gateway.services.operations import run_operation
from syncline.gateway.store.keyring import KeyRing
from syncline.gateway.store.store import MIGRATIONS
from syncline.gateway.store.upkeep import SqlUpkeep
from syncline.localsocket import OperationFailed
from syncline.settings import Settings, read_settings
from syncline.sql.engines import open_engine
from syncline.sql.reader import Reader
from syncline.sql.sealing import Key, Sealer
from syncline.sql.writer import Writer
from tests.support.world import TENANT, World, gateway, world

MANAGER = [{"value": "Manager", "primary": True}]


def settings(folder: Path, **given: Any) -> Settings:
    return read_settings({}, data=str(folder), **given)


async def back_up(acme: World, to: Path) -> dict[str, Any]:
    return await acme.run("backup.create", to=str(to))


async def bring_back(file: Path, folder: Path, *, without_key: bool = False) -> dict[str, Any]:
    """Restore as the command does, which brings an event loop of its own."""
    return await asyncio.to_thread(
        restore, settings(folder), file, without_key=without_key, actor="test", progress=lambda _told: None
    )


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def put_key(source: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    shutil.copy(source / "secret.key", folder / "secret.key")


@contextlib.asynccontextmanager
async def going_on(acme: World, folder: Path) -> AsyncIterator[World]:
    """The same HubSpot account, kept in line by the gateway in another folder."""
    async with gateway(folder, acme.clock) as opened:
        yield World(opened, acme.hubspot, acme.clock, acme.tenant_id)


async def live_with_ada(acme: World) -> str:
    await acme.run("policy.set", tenant=TENANT, match_role_names=True)
    await acme.go_live()
    ada = await acme.add_user("ada@acme.example", roles=MANAGER)
    await acme.drain()
    assert "ada@acme.example" in await acme.hubspot.users()
    return ada.id


async def test_after_wipe_and_restore_the_plan_shows_no_surprise(acme: World, tmp_path: Path) -> None:
    await live_with_ada(acme)
    before = (await acme.run("plan.show", tenant=TENANT))["counts"]
    made = await back_up(acme, tmp_path / "b.tar")
    put_key(tmp_path / "gateway", tmp_path / "again")

    result = await bring_back(Path(made["file"]), tmp_path / "again")

    assert [(TENANT, "live", "plan", None, 0)] == [tuple(each.values()) for each in result["tenants"]]
    async with going_on(acme, tmp_path / "again") as again:
        plan = await again.run("plan.show", tenant=TENANT)
        assert before == plan["counts"]
        assert (1, 0) == (plan["counts"]["unchanged"], plan["counts"]["held"])
        assert "plan" == plan["mode"]
        assert plan["approved_at"] is None


async def test_restored_tenants_say_in_their_log_why_they_only_decide(acme: World, tmp_path: Path) -> None:
    await live_with_ada(acme)
    made = await back_up(acme, tmp_path / "b.tar")
    put_key(tmp_path / "gateway", tmp_path / "again")
    await bring_back(Path(made["file"]), tmp_path / "again")

    async with going_on(acme, tmp_path / "again") as again:
        event = (await again.run("events.list", tenant=TENANT, limit=1))["events"][0]

        assert "tenant.begun-again" == event["kind"]
        assert "somebody who left since would get his access back" in event["summary"]


async def test_somebody_who_left_after_the_backup_does_not_come_back(acme: World, tmp_path: Path) -> None:
    ada = await live_with_ada(acme)
    made = await back_up(acme, tmp_path / "b.tar")
    await acme.set_user(ada, "active", False)
    await acme.drain()
    assert not (await acme.hubspot.users())["ada@acme.example"]["active"]
    put_key(tmp_path / "gateway", tmp_path / "again")
    await bring_back(Path(made["file"]), tmp_path / "again")

    async with going_on(acme, tmp_path / "again") as again:
        await again.drain()
        assert not (await acme.hubspot.users())["ada@acme.example"]["active"]
        plan = await again.run("plan.show", tenant=TENANT)

        assert 0 == plan["counts"]["reactivate"]
        assert [("ada@acme.example", "hold")] == [(each["email"], each["verdict"]) for each in plan["people"]]
        await again.drain()
        assert not (await acme.hubspot.users())["ada@acme.example"]["active"]


async def test_tokens_and_connection_go_on_working_with_the_key(acme: World, tmp_path: Path) -> None:
    token = await acme.run("token.create", tenant=TENANT)
    made = await back_up(acme, tmp_path / "b.tar")
    put_key(tmp_path / "gateway", tmp_path / "again")
    await bring_back(Path(made["file"]), tmp_path / "again")

    async with going_on(acme, tmp_path / "again") as again:
        alive = (await again.run("token.list", tenant=TENANT))["tokens"]
        assert [(token["token_id"], None)] == [(each["token_id"], each["revoked_at"]) for each in alive]
        assert (await again.run("connection.check", tenant=TENANT))["portal_id"]


async def test_without_the_key_a_restore_says_what_would_be_lost(acme: World, tmp_path: Path) -> None:
    await acme.run("token.create", tenant=TENANT)
    made = await back_up(acme, tmp_path / "b.tar")

    with pytest.raises(OperationFailed) as refused:
        await bring_back(Path(made["file"]), tmp_path / "again")

    assert "refused" == refused.value.kind
    assert f"sealed with the key {made['key']}" in refused.value.message
    assert "--without-key" in refused.value.message
    assert f"{TENANT}: the credentials of HubSpot account" in refused.value.message
    assert "1 SCIM token." in refused.value.message
    assert ["server.lock"] == names(tmp_path / "again")


async def test_a_restore_without_the_key_forgets_credentials_and_ends_tokens(
    acme: World, tmp_path: Path
) -> None:
    await live_with_ada(acme)
    token = await acme.run("token.create", tenant=TENANT)
    portal_id = (await acme.run("tenant.show", tenant=TENANT))["connection"]["portal_id"]
    made = await back_up(acme, tmp_path / "b.tar")

    result = await bring_back(Path(made["file"]), tmp_path / "again", without_key=True)

    lost = {
        "tenant": TENANT,
        "mode_before": "live",
        "mode": "collecting",
        "connect_again": portal_id,
        "tokens_ended": 1,
    }
    assert [lost] == result["tenants"]
    async with going_on(acme, tmp_path / "again") as again:
        tokens = (await again.run("token.list", tenant=TENANT))["tokens"]
        assert [token["token_id"]] == [each["token_id"] for each in tokens if each["revoked_at"] is not None]
        assert (await again.run("tenant.show", tenant=TENANT))["connection"] is None
        await again.connect()
        assert 1 == (await again.run("plan.show", tenant=TENANT))["counts"]["unchanged"]


async def test_without_key_is_refused_while_the_key_is_there(acme: World, tmp_path: Path) -> None:
    made = await back_up(acme, tmp_path / "b.tar")
    put_key(tmp_path / "gateway", tmp_path / "again")

    with pytest.raises(OperationFailed, match="without --without-key"):
        await bring_back(Path(made["file"]), tmp_path / "again", without_key=True)

    assert not (tmp_path / "again" / "gateway.db").exists()


async def test_a_restore_never_overwrites(acme: World, tmp_path: Path) -> None:
    made = await back_up(acme, tmp_path / "b.tar")
    put_key(tmp_path / "gateway", tmp_path / "again")
    await bring_back(Path(made["file"]), tmp_path / "again")

    with pytest.raises(
        OperationFailed, match=r"is not empty .it holds gateway\.db.*empty folder with --data"
    ):
        await bring_back(Path(made["file"]), tmp_path / "again")


async def test_the_key_is_not_in_a_backup(acme: World, tmp_path: Path) -> None:
    made = await back_up(acme, tmp_path / "b.tar")

    key = (tmp_path / "gateway" / "secret.key").read_bytes().strip()
    assert key not in (tmp_path / "b.tar").read_bytes()
    with tarfile.open(made["file"]) as archive:
        assert ["manifest.json", "gateway.db"] == archive.getnames()
    assert 0o600 == (tmp_path / "b.tar").stat().st_mode & 0o777


async def test_a_backup_made_under_load_is_whole(acme: World, tmp_path: Path) -> None:
    stop = asyncio.Event()

    async def write() -> int:
        number = 0
        while not stop.is_set():
            await asyncio.gather(*(acme.add_user(f"p{number + n}@acme.example") for n in range(20)))
            number += 20
        return number

    writing = asyncio.create_task(write())
    made = [await back_up(acme, tmp_path / f"{number}.tar") for number in range(3)]
    stop.set()
    written = await writing

    for each in made:
        copy = tmp_path / "copy.db"
        with tarfile.open(each["file"]) as archive:
            content = archive.extractfile("gateway.db")
            assert content is not None
            copy.write_bytes(content.read())
        database = sqlite3.connect(copy)
        assert ("ok",) == database.execute("PRAGMA integrity_check").fetchone()
        users = database.execute("SELECT count(*) FROM users").fetchone()[0]
        assert database.execute("SELECT users FROM counters").fetchone()[0] == users
        assert database.execute("SELECT count(*) FROM deliveries").fetchone()[0] == users
        assert 0 <= users <= written
        database.close()


async def test_a_backup_never_overwrites_a_file(acme: World, tmp_path: Path) -> None:
    (tmp_path / "b.tar").write_text("mine")

    with pytest.raises(Conflict, match="is there already"):
        await back_up(acme, tmp_path / "b.tar")

    assert "mine" == (tmp_path / "b.tar").read_text()
    assert ["b.tar", "gateway", "portal"] == names(tmp_path)


async def test_a_backup_into_nowhere_says_so(acme: World, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no folder"):
        await back_up(acme, tmp_path / "nowhere" / "b.tar")
    with pytest.raises(Invalid, match="whole path"):
        await acme.run("backup.create", to="b.tar")


async def test_a_backup_goes_into_the_data_folder_unless_told_otherwise(acme: World, tmp_path: Path) -> None:
    made = await acme.run("backup.create")

    assert tmp_path / "gateway" / "backups" == Path(made["file"]).parent


def spoil(file: Path, damage: str) -> None:
    content = bytearray(file.read_bytes())
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    elif damage == "foreign":
        file.write_bytes(b"hello" * 1000)
    elif damage == "newer":
        file.write_bytes(content.replace(b'"format": 1', b'"format": 9'))
    else:
        file.unlink()


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "missing", "newer"])
async def test_what_is_no_sound_backup_leaves_the_folder_empty(
    acme: World, tmp_path: Path, damage: str
) -> None:
    made = Path((await back_up(acme, tmp_path / "b.tar"))["file"])
    spoil(made, damage)
    put_key(tmp_path / "gateway", tmp_path / "again")

    with pytest.raises(OperationFailed):
        await bring_back(made, tmp_path / "again")

    assert {"secret.key", "server.lock"} >= set(names(tmp_path / "again"))


async def test_a_backup_of_a_newer_version_is_left_to_that_version(acme: World, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "gateway" / "gateway.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    made = await back_up(acme, tmp_path / "b.tar")
    put_key(tmp_path / "gateway", tmp_path / "again")

    with pytest.raises(OperationFailed, match=r"at revision 9999, .* run the newer version"):
        await bring_back(Path(made["file"]), tmp_path / "again")

    assert ["secret.key", "server.lock"] == names(tmp_path / "again")


async def test_a_lost_key_can_be_gone_on_without(tmp_path: Path) -> None:
    async with world(tmp_path) as acme:
        await acme.run("token.create", tenant=TENANT)
    folder = settings(tmp_path / "gateway")
    with pytest.raises(OperationFailed, match="nothing to forget"):
        await asyncio.to_thread(forget_key, folder, actor="test")
    (tmp_path / "gateway" / "secret.key").unlink()
    with pytest.raises(OperationFailed, match=r"was sealed with the key .* is not there: .*key forget"):
        async with local_operations(folder):
            pass

    result = await asyncio.to_thread(forget_key, folder, actor="test")

    assert [("collecting", 1)] == [(each["mode"], each["tokens_ended"]) for each in result["tenants"]]
    async with local_operations(folder) as call:
        shown = await call("tenant.show", {"tenant": TENANT}, actor="t", progress=lambda _told: None)
        assert shown["connection"] is None


async def test_on_postgresql_a_restore_names_the_way(tmp_path: Path) -> None:
    there = dataclasses.replace(settings(tmp_path), database_url="postgresql+psycopg://db/syncline")

    with pytest.raises(OperationFailed, match="pg_restore"):
        await asyncio.to_thread(
            restore, there, tmp_path / "b.tar", without_key=False, actor="t", progress=lambda _told: None
        )


async def test_on_postgresql_a_backup_names_the_way(tmp_path: Path) -> None:
    engine = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/syncline")
    ring = KeyRing(Sealer(Key(bytes(32))), tmp_path / "secret.key", given=True)
    reader = Reader(engine)
    upkeep = SqlUpkeep(engine, Writer(engine), reader, ring, tmp_path, MIGRATIONS)

    with pytest.raises(Refused, match="pg_dump"):
        await upkeep.back_up(None, 0, lambda *_: None)

    await reader.close()
    engine.dispose()


async def test_a_backup_tells_how_far_it_is(acme: World, tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    await run_operation(
        acme.gateway.operations,
        "backup.create",
        "test",
        {"to": str(tmp_path / "b.tar")},
        lambda step: told.append(dict(step)),
    )
    await asyncio.sleep(0)

    assert ["Copying", "Writing"] == list(dict.fromkeys(each["stage"] for each in told))
    assert told[-1]["done"] == told[-1]["total"]
