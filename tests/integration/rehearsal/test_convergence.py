"""After every cycle of Entra's the application holds what the directory says, whatever happened in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from syncline.clock import ManualClock
from syncline.rehearsal import AttributeMapping, Dialect, Directory, DirectoryUser, EntraSimulator, paths
from tests.integration.rehearsal.life import Held, Life, recording_target, settle, store_target
from tests.integration.rehearsal.recording_server import ENTERPRISE

TARGETS = pytest.mark.parametrize(
    ("target_kind", "dialect"),
    [
        (recording_target, Dialect.DEFAULT),
        (store_target, Dialect.DEFAULT),
        (store_target, Dialect.OPTSCIM),
    ],
    ids=["recording", "store", "store-flag"],
)


def check_user(entra: EntraSimulator, user: DirectoryUser, held: Held) -> None:
    link = entra.state.links[user.object_id]
    document = held.users[link.target_id]
    outgoing = AttributeMapping().outgoing(user, active=True)
    assert {path: paths.read(document, path) for path in outgoing} == outgoing
    if roles := entra.directory.app_roles(user.object_id):
        assert paths.read(document, 'roles[primary eq "True"].value') == roles[0].value
    manager = paths.read(document, f"{ENTERPRISE}:manager")
    manager = manager.get("value") if isinstance(manager, dict) else manager
    if user.manager is None:
        assert manager is None
    elif user.manager in entra.state.links:
        assert manager == entra.state.links[user.manager].target_id


def check(entra: EntraSimulator, held: Held) -> None:
    """The application equals the directory: everybody in scope as mapped, nobody else active, groups alike."""
    company, links = entra.directory, entra.state.links
    in_scope = company.in_scope()
    for user in in_scope:
        check_user(entra, user, held)
    active = {target_id for target_id, document in held.users.items() if document["active"] is True}
    assert active == {links[user.object_id].target_id for user in in_scope}
    assert held.members == {
        company.groups[group_id].display_name: {
            links[member].target_id for member in company.groups[group_id].members if member in links
        }
        for group_id in company.assigned_groups
    }


@TARGETS
@pytest.mark.parametrize("seed", range(6))
async def test_the_application_equals_the_directory_after_every_cycle(
    target_kind: Callable[[], Any], dialect: Dialect, seed: int
) -> None:
    company = Directory.seeded(size=18, seed=seed, outside=3, clock=ManualClock())
    life = Life(company, seed)
    async with target_kind() as target:
        entra = EntraSimulator(company, target.base_url, target.token, ManualClock(), dialect=dialect)
        first = await entra.initial_cycle()
        assert first.ok, first.failures
        check(entra, await target.look())
        for _ in range(6):
            life.live(8)
            await settle(entra)
            check(entra, await target.look())


@TARGETS
async def test_a_cycle_without_changes_writes_nothing(
    target_kind: Callable[[], Any], dialect: Dialect
) -> None:
    company = Directory.seeded(size=18, clock=ManualClock())
    async with target_kind() as target:
        entra = EntraSimulator(company, target.base_url, target.token, ManualClock(), dialect=dialect)
        await entra.initial_cycle()
        before = await target.look()
        for user in company.people():
            company.edit(user)
        result = await entra.incremental_cycle()

        assert {entry.code for entry in result.entries} == {"EntrySynchronizationSkipped"}
        assert await target.look() == before
