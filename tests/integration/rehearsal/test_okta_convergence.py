"""After every run of Okta's the application holds what Okta says, in both styles, whatever happened in between."""

from __future__ import annotations

import pytest

from syncline.clock import ManualClock
from syncline.rehearsal import Directory, OktaSimulator, OktaStyle, paths
from syncline.rehearsal.okta_documents import profile
from tests.integration.rehearsal.life import Held, Life, settle, store_target

STYLES = pytest.mark.parametrize("style", OktaStyle)


def check(okta: OktaSimulator, held: Held) -> None:
    """Everybody assigned is as mapped and active, everybody else inactive; suspended people are as they were."""
    company, links = okta.directory, okta.state.links
    people = {links[u.object_id].target_id: u for u in company.people() if u.object_id in links}
    for target_id, document in held.users.items():
        user = people.get(target_id)
        entitled = user is not None and user.deleted_at is None and company.is_assigned(user.object_id)
        if user is not None and entitled and not user.account_enabled:
            continue
        assert document["active"] is entitled
        if user is not None and entitled:
            wanted = profile(user, company.app_roles(user.object_id))
            assert wanted == {path: paths.read(document, path) for path in wanted}
    assert {u.object_id for u in company.in_scope()} <= links.keys()
    check_groups(okta, held)


def check_groups(okta: OktaSimulator, held: Held) -> None:
    active = {target_id for target_id, document in held.users.items() if document["active"]}
    links = okta.state.links
    assert held.members == {
        okta.directory.groups[group_id].display_name: active
        & {links[member].target_id for member in okta.directory.groups[group_id].members if member in links}
        for group_id in okta.directory.assigned_groups
    }


@STYLES
@pytest.mark.parametrize("seed", range(6))
async def test_the_application_equals_the_directory_after_every_run(style: OktaStyle, seed: int) -> None:
    company = Directory.seeded(size=18, seed=seed, outside=3, clock=ManualClock())
    life = Life(company, seed)
    async with store_target() as target:
        okta = OktaSimulator(company, target.base_url, target.token, ManualClock(), style=style)
        first = await okta.initial_cycle()
        assert first.ok, first.failures
        check(okta, await target.look())
        for _ in range(6):
            life.live(8)
            await settle(okta)
            check(okta, await target.look())


@STYLES
async def test_nobody_is_ever_deleted(style: OktaStyle) -> None:
    company = Directory.seeded(size=18, clock=ManualClock())
    async with store_target() as target:
        okta = OktaSimulator(company, target.base_url, target.token, ManualClock(), style=style)
        await okta.initial_cycle()
        for user in company.people()[10:]:
            company.leave(user)
            company.purge(user)
        await settle(okta)
        held = await target.look()

        assert 18 == len(held.users)
        assert 10 == sum(document["active"] for document in held.users.values())


@STYLES
async def test_a_run_without_changes_writes_nothing(style: OktaStyle) -> None:
    company = Directory.seeded(size=18, clock=ManualClock())
    async with store_target() as target:
        okta = OktaSimulator(company, target.base_url, target.token, ManualClock(), style=style)
        await okta.initial_cycle()
        before = await target.look()
        for user in company.people():
            company.edit(user)
        result = await okta.incremental_cycle()

        assert {"EntrySynchronizationSkipped"} == {entry.code for entry in result.entries}
        assert before == await target.look()
