"""A new key while the gateway works, and whatever moment a crash picks."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from syncline.gateway.domain.errors import Invalid, Refused
from syncline.gateway.store import keyring
from syncline.gateway.store.keyring import SEALED, TOKENS, next_key, open_keyring
from syncline.gateway.store.store import MIGRATIONS
from syncline.gateway.store.tables import metadata
from syncline.gateway.web.bearer import BearerAuthenticator
from syncline.sql.engines import open_engine
from syncline.sql.errors import KeyRefused
from syncline.sql.migrations import migrate
from syncline.sql.sealing import Key, Sealer
from tests.support.world import TENANT, World, exchange, gateway


async def accepts(acme: World, folder: Path, token: str) -> bool:
    """Ask as an identity provider would, with the fingerprints a gateway on that folder takes."""
    engine = open_engine(f"sqlite:///{folder / 'gateway.db'}")
    sealer = open_keyring(engine, folder / "secret.key", None).sealer
    engine.dispose()
    ask = BearerAuthenticator(
        acme.gateway.store.setup,
        acme.gateway.store.directory,
        lambda text: sealer.fingerprint(TOKENS, text),
        acme.clock,
        lambda _tenant: None,
        claim=lambda _tenant: None,
    )
    return (await ask(f"Bearer {token}", exchange())) is not None


def sealed_in(database: Path) -> dict[tuple[str, str], set[str]]:
    """Return the names of the keys behind all values that look sealed, by table and column."""
    connection = sqlite3.connect(database)
    found: dict[tuple[str, str], set[str]] = {}
    for table in metadata.tables.values():
        names = [column.name for column in table.columns]
        for row in connection.execute(f'SELECT * FROM "{table.name}"'):
            for name, value in zip(names, row, strict=True):
                if isinstance(value, str) and value.startswith("s1."):
                    found.setdefault((table.name, name), set()).add(value.split(".")[1])
    connection.close()
    return found


async def test_everything_goes_on_working_under_a_new_key(acme: World, tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    before = (folder / "secret.key").read_text()
    token = (await acme.run("token.create", tenant=TENANT))["token"]

    done = await acme.run("key.rotate")

    assert 2 == done["values"]
    assert before != (folder / "secret.key").read_text()
    assert 0o600 == (folder / "secret.key").stat().st_mode & 0o777
    assert before == (folder / f"secret.key.{done['before']}").read_text()
    assert {done["after"]} == set().union(*sealed_in(folder / "gateway.db").values())
    assert await accepts(acme, folder, token)
    assert (await acme.run("connection.check", tenant=TENANT))["portal_id"]


async def test_a_gateway_started_after_a_rotation_knows_old_and_new_tokens(
    acme: World, tmp_path: Path
) -> None:
    old = (await acme.run("token.create", tenant=TENANT))["token"]
    await acme.run("key.rotate")
    await acme.run("key.rotate")
    new = (await acme.run("token.create", tenant=TENANT))["token"]

    async with gateway(tmp_path / "gateway", acme.clock) as opened:
        again = World(opened, acme.hubspot, acme.clock, acme.tenant_id)
        assert (await again.run("connection.check", tenant=TENANT))["portal_id"]
        for token in (old, new):
            assert await accepts(again, tmp_path / "gateway", token)


async def test_every_column_that_holds_sealed_values_is_known_to_the_rotation(
    acme: World, tmp_path: Path
) -> None:
    known = {(table.name, column) for table, columns in SEALED.items() for column in columns}

    found = set(sealed_in(tmp_path / "gateway" / "gateway.db"))

    assert {("connections", "access_token"), ("connections", "scim_token")} <= found
    assert found <= known | {("installation", "value")}


class PowerCut(Exception):
    """The machine stops here."""


async def test_a_crash_before_the_commit_leaves_the_old_key_at_work(
    acme: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gateway"

    def stop(*_: Any) -> None:
        raise PowerCut

    monkeypatch.setattr(keyring.KeyRing, "_sealed_otherwise", stop)
    with pytest.raises(PowerCut):
        await acme.run("key.rotate")
    monkeypatch.undo()
    await acme.connect()  # sealed under the new key by the gateway that goes on

    async with gateway(folder, acme.clock) as opened:
        again = World(opened, acme.hubspot, acme.clock, acme.tenant_id)
        assert (await again.run("connection.check", tenant=TENANT))["portal_id"]
        assert next_key(folder / "secret.key").exists()
        done = await again.run("key.rotate")

    assert {done["after"]} == set().union(*sealed_in(folder / "gateway.db").values())
    assert not next_key(folder / "secret.key").exists()


async def test_a_crash_after_the_commit_is_finished_by_the_next_start(
    acme: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gateway"
    token = (await acme.run("token.create", tenant=TENANT))["token"]
    monkeypatch.setattr(keyring, "promote", lambda *_: (_ for _ in ()).throw(PowerCut()))
    with pytest.raises(PowerCut):
        await acme.run("key.rotate")
    monkeypatch.undo()
    new = next_key(folder / "secret.key").read_text()

    async with gateway(folder, acme.clock) as opened:
        again = World(opened, acme.hubspot, acme.clock, acme.tenant_id)
        assert (await again.run("connection.check", tenant=TENANT))["portal_id"]
        assert await accepts(again, folder, token)

    assert new == (folder / "secret.key").read_text()
    assert not next_key(folder / "secret.key").exists()


def test_a_wrong_key_is_met_at_the_start_and_changes_nothing(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway.db'}")
    migrate(engine, MIGRATIONS)
    name = open_keyring(engine, tmp_path / "secret.key", None).sealer.key_name
    (tmp_path / "secret.key").unlink()
    other = Key.make(tmp_path / "secret.key")

    with pytest.raises(
        KeyRefused, match=f"sealed with the key {name}, this one is {other.name}: put the right"
    ):
        open_keyring(engine, tmp_path / "secret.key", None)
    engine.dispose()


async def test_a_key_from_the_environment_is_changed_by_naming_the_new_one(tmp_path: Path) -> None:
    from syncline.sql.reader import Reader
    from syncline.sql.writer import Writer

    first, second = (Key.make(tmp_path / name) for name in ("first", "second"))
    texts = {
        key.name: (tmp_path / name).read_text().strip()
        for key, name in ((first, "first"), (second, "second"))
    }
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway.db'}")
    migrate(engine, MIGRATIONS)
    ring = open_keyring(engine, tmp_path / "secret.key", texts[first.name])
    reader = Reader(engine)
    async with Writer(engine) as writer:
        with pytest.raises(Refused, match="--new-key"):
            await ring.rotate(writer, reader, None)
        with pytest.raises(Invalid, match="present key"):
            await ring.rotate(writer, reader, texts[first.name])

        done = await ring.rotate(writer, reader, texts[second.name])
    await reader.close()

    assert (first.name, second.name, None) == (done.before, done.after, done.old_key)
    assert second.name == open_keyring(engine, tmp_path / "secret.key", texts[second.name]).sealer.key_name
    with pytest.raises(KeyRefused):
        open_keyring(engine, tmp_path / "secret.key", texts[first.name])
    assert not (tmp_path / "secret.key").exists()
    engine.dispose()


def test_a_sealer_opens_what_its_earlier_keys_sealed(tmp_path: Path) -> None:
    old, new = (Key(os.urandom(32)) for _ in range(2))
    sealer = Sealer(old)
    sealed, fingerprint = sealer.seal("secret", "t"), sealer.fingerprint(TOKENS, "x")

    sealer.turn_to(new)

    assert "secret" == sealer.open(sealed, "t")
    assert not sealer.is_current(sealed)
    assert sealer.is_current(sealer.seal("secret", "t"))
    assert fingerprint == sealer.fingerprint(TOKENS, "x")
    started_again = Sealer(new)
    started_again.keep_fingerprint_key(TOKENS, sealer.fingerprint_key(TOKENS))
    assert fingerprint == started_again.fingerprint(TOKENS, "x")
