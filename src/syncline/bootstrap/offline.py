"""What is done to a data folder or an account without a gateway at work."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from syncline.bootstrap.gateway import open_gateway
from syncline.bootstrap.serving import in_words

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.localsocket import Progress
    from syncline.settings import Settings
    from syncline.sql.sealing import Key


def restore(
    settings: Settings, file: Path, *, without_key: bool, actor: str, progress: Progress
) -> dict[str, Any]:
    """Put a backup into the data folder of these settings; the folder gets its database whole or not at all.

    Raises `OperationFailed` with a sentence that says the fix.
    """
    import asyncio

    from syncline.datafolder import DataFolder
    from syncline.gateway.domain.errors import Invalid
    from syncline.gateway.store import archive, restoring

    def counted(done: int, total: int) -> None:
        progress({"stage": "Reading", "done": done, "total": total})

    with in_words():
        if settings.database_url is not None:
            raise Invalid(
                "A backup goes into a data folder: unset SYNCLINE_DATABASE_URL. On PostgreSQL use pg_restore."
            )
        manifest = archive.read_manifest(file)
        with DataFolder(settings.data).hold():
            restoring.refuse_used(settings.data)
            with restoring.staging(settings.data) as staging:
                staged = staging / archive.DATABASE
                archive.unpack(file, manifest, staged, counted)
                key = _present_key(settings)
                if not without_key:
                    losses = restoring.losses_of(staged)
                    restoring.refuse_wrong_key(manifest, key, _key_place(settings), losses)
                elif key is not None and key.name == manifest.key:
                    raise Invalid("The key of this backup is there: restore it without --without-key.")
                ready = replace(settings, database_url=f"sqlite:///{staged}")
                begun = asyncio.run(
                    _begin_again(ready, actor, made_at=manifest.made_at, without_key=without_key)
                )
                restoring.put_in_place(staged, settings.data)
    return {
        "file": str(file),
        "made_at": manifest.made_at,
        "data": str(settings.data),
        "tenants": begun,
        "message": "Every tenant only decides until its plan is approved again: what was asked for since the backup "
        "is missing here, and somebody who left since would get access again. Let the identity provider run a full "
        "cycle first.",
    }


def forget_key(settings: Settings, *, actor: str) -> dict[str, Any]:
    """Have the data folder go on with the key there is, or a new one, in the place of one that is lost.

    Raises `OperationFailed`, also when the key there is opens everything.
    """
    import asyncio

    from syncline.datafolder import DataFolder
    from syncline.gateway.domain.errors import Refused
    from syncline.sql.errors import KeyRefused

    with in_words(), DataFolder(settings.data).hold():
        try:
            asyncio.run(_open_and_close(settings))
        except KeyRefused:
            begun = asyncio.run(_begin_again(settings, actor, made_at=None, without_key=True))
        else:
            raise Refused("The key there is opens everything: there is nothing to forget.")
    return {
        "tenants": begun,
        "message": "Connect each tenant to HubSpot again with `connection set`, make a token for it with "
        "`token create`, and give that to the identity provider.",
    }


def move_database(settings: Settings, to: str, *, progress: Progress) -> dict[str, Any]:
    """Copy everything from SQLite in the data folder, which no server may be using, to an empty PostgreSQL database.

    Raises `OperationFailed` with a sentence that says the fix; then the target is as empty as it was.
    """
    from syncline.datafolder import DataFolder
    from syncline.gateway.domain.errors import Invalid
    from syncline.gateway.store.moving import move_database as move
    from syncline.settings_values import database

    def told(stage: str, done: int, total: int) -> None:
        progress({"stage": stage, "done": done, "total": total})

    with in_words():
        try:
            target = database(to)
        except ValueError as error:
            raise Invalid(f"--to must be {error}.") from None
        with DataFolder(settings.data).hold():
            moved = move(settings.database, target, told)
    return {
        "source": moved.source,
        "target": moved.target,
        "rows": sum(each.rows for each in moved.tables.values()),
        "tables": [
            {"table": name, "rows": each.rows, "checksum": each.checksum}
            for name, each in moved.tables.items()
        ],
        "data": str(settings.data),
    }


def check_database(settings: Settings, *, recount: bool = False) -> dict[str, Any]:
    """Look the database over, whether a server uses it or not. Raises `OperationFailed`.

    With `recount` what is kept counted is set right before, and no server may be using it.
    """
    from syncline.datafolder import DataFolder
    from syncline.gateway.store.checking import check_database as check
    from syncline.gateway.store.checking import recount_database

    with in_words():
        if recount:
            with DataFolder(settings.data).hold():
                recount_database(settings.database)
        return asdict(check(settings.database))


def live_check(settings: Settings, *, progress: Progress, **account: Any) -> dict[str, Any]:
    """Try out what is assumed about HubSpot on an account that is no tenant's. Raises `OperationFailed`."""
    import asyncio

    from syncline.clock import SystemClock
    from syncline.gateway.hubspot.addresses import check_base_url
    from syncline.gateway.hubspot.client import open_session
    from syncline.gateway.hubspot.live_check import check_account

    check_address = partial(
        check_base_url, allow_private=not settings.is_public, allowed_hosts=settings.allow_private_hubspot
    )

    async def check() -> dict[str, Any]:
        async with open_session() as session:
            return await check_account(session, SystemClock(), check_address, told, **account)

    def told(calls: int) -> None:
        progress({"stage": "Trying", "done": calls, "total": None})

    with in_words():
        return asyncio.run(check())


async def _begin_again(
    settings: Settings, actor: str, *, made_at: str | None, without_key: bool
) -> list[dict[str, Any]]:
    from syncline.gateway.services.backups import begin_again

    async with open_gateway(settings, settings.address, deliver=False, forget_key=without_key) as gateway:
        begun = await begin_again(
            gateway.store.setup,
            gateway.upkeep,
            gateway.clock,
            actor,
            made_at=made_at,
            without_key=without_key,
        )
        if without_key:
            await gateway.upkeep.take_key()
        return begun


async def _open_and_close(settings: Settings) -> None:
    async with open_gateway(settings, settings.address, deliver=False):
        pass


def _present_key(settings: Settings) -> Key | None:
    from syncline.sql.sealing import Key

    path = settings.data / "secret.key"
    return Key.load(path, settings.secret_key) if settings.secret_key or path.exists() else None


def _key_place(settings: Settings) -> str:
    return "SYNCLINE_SECRET_KEY" if settings.secret_key else str(settings.data / "secret.key")
