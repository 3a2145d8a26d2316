"""After every run of Google's the application holds what the directory says, and leavers go when they are due."""

from __future__ import annotations

import pytest

from syncline.clock import ManualClock
from syncline.rehearsal import Deprovisioning, Directory, GoogleSimulator, GoogleUpdates, paths
from syncline.rehearsal.google_documents import outgoing
from syncline.rehearsal.google_users import DAY
from tests.integration.rehearsal.life import Held, Life, settle, store_target
from tests.support.clock import LeapingClock


def check(google: GoogleSimulator, held: Held) -> None:
    """Everybody in scope is as mapped, nobody else is active, and there are no groups."""
    links = google.state.links
    in_scope = google.directory.in_scope()
    for user in in_scope:
        document, wanted = held.users[links[user.object_id].target_id], outgoing(user)
        assert wanted == {path: paths.read(document, path) for path in wanted}
    active = {target_id for target_id, document in held.users.items() if document["active"] is True}
    assert active == {links[user.object_id].target_id for user in in_scope}
    assert {} == held.members


@pytest.mark.parametrize("updates", GoogleUpdates)
@pytest.mark.parametrize("seed", range(6))
async def test_the_application_equals_the_directory_after_every_run(
    updates: GoogleUpdates, seed: int
) -> None:
    company = Directory.seeded(size=18, seed=seed, outside=3, clock=ManualClock())
    life = Life(company, seed)
    async with store_target() as target:
        google = GoogleSimulator(company, target.base_url, target.token, ManualClock(), updates=updates)
        first = await google.initial_cycle()
        assert first.ok, first.failures
        check(google, await target.look())
        for _ in range(6):
            life.live(8)
            await settle(google)
            check(google, await target.look())


@pytest.mark.parametrize("seed", range(4))
async def test_with_a_delay_only_those_gone_longer_are_gone_from_the_application(seed: int) -> None:
    clock = LeapingClock()
    company = Directory.seeded(size=18, seed=seed, clock=clock)
    life = Life(company, seed)
    rules = Deprovisioning(delete_after=7 * DAY)
    async with store_target() as target:
        google = GoogleSimulator(company, target.base_url, target.token, clock, deprovisioning=rules)
        await google.initial_cycle()
        for _ in range(4):
            life.live(8)
            await settle(google)
            check(google, await target.look())
            clock.leap(2 * DAY)
        clock.leap(7 * DAY)
        await settle(google)
        held = await target.look()
        check(google, held)

        suspended = {u.object_id for u in company.people() if not u.account_enabled and u.deleted_at is None}
        kept = {
            link.target_id
            for object_id, link in google.state.links.items()
            if object_id in suspended and company.is_assigned(object_id)
        }
        inactive = {target_id for target_id, document in held.users.items() if not document["active"]}
        assert kept == inactive
