"""Backups, and going on from one: what was intended then must not be done now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from syncline.clock import Clock
from syncline.gateway.domain.errors import Invalid
from syncline.gateway.services.ports import Actor, Cause, SetupStore
from syncline.gateway.services.upkeep import BegunAgain, Upkeep

Progress = Callable[[Mapping[str, Any]], None]

RESTORED = (
    "Restored from a backup made {made_at}: what the identity provider asked for since is missing here, so somebody "
    "who left since would get his access back. The tenant only decides until its plan is approved again: let the "
    "identity provider run a full cycle, look at `plan show`, then `plan approve` and `tenant mode {tenant} live`."
)
WITHOUT_KEY = (
    "The key that sealed the credentials is not there any more: they were forgotten, and every SCIM token has ended. "
    "Connect {tenant} to HubSpot again with `connection set`, make a token with `token create {tenant}`, and give it "
    "to the identity provider."
)


class Backups:
    """The `backup.*` and `key.*` operations."""

    def __init__(self, upkeep: Upkeep, clock: Clock) -> None:
        self._upkeep = upkeep
        self._clock = clock

    async def create(
        self, actor: str, to: str | None = None, *, progress: Progress | None = None
    ) -> dict[str, Any]:
        """Write a backup of this moment to a new file; the server goes on working. The key is not in it.

        `to` is an absolute path; left out, the file lies in `backups` in the data folder.
        """
        if to is not None and not Path(to).is_absolute():
            raise Invalid("The file of a backup is named by its whole path.")

        def told(stage: str, done: int, total: int | None) -> None:
            if progress is not None:
                progress({"stage": stage, "done": done, "total": total})

        made = await self._upkeep.back_up(None if to is None else Path(to), self._clock.now(), told)
        return {
            "file": made.file,
            "size": made.size,
            "revision": made.revision,
            "key": made.key_name,
            "key_place": made.key_place,
        }

    async def rotate_key(self, actor: str, new_key: str | None = None) -> dict[str, Any]:
        """Seal every stored credential under a new key. SCIM tokens and connections go on working."""
        done = await self._upkeep.rotate_key(new_key)
        return {
            "before": done.before,
            "after": done.after,
            "values": done.values,
            "old_key": done.old_key,
            "new_key": done.new_key,
        }


async def begin_again(
    setup: SetupStore, upkeep: Upkeep, clock: Clock, actor: str, *, made_at: str | None, without_key: bool
) -> list[dict[str, Any]]:
    """Withdraw every tenant's live mode and approval; returns what each has lost.

    `made_at` tells of a backup gone on from. Without the key all that was sealed is forgotten.
    """
    now = clock.now()
    by, cause = Actor(actor, now), Cause.new(now, {"actor": actor})
    begun = []
    for tenant in await setup.tenants():
        said = [RESTORED.format(made_at=made_at, tenant=tenant.name)] if made_at is not None else []
        said += [WITHOUT_KEY.format(tenant=tenant.name)] if without_key else []
        begun.append(
            _shown(await upkeep.begin_again(tenant, cause, by, " ".join(said), without_key=without_key))
        )
    return begun


def _shown(begun: BegunAgain) -> dict[str, Any]:
    return {
        "tenant": begun.tenant,
        "mode_before": begun.mode_before.value,
        "mode": begun.mode.value,
        "connect_again": begun.portal_id,
        "tokens_ended": begun.tokens,
    }
