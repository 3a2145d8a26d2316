"""Leavers, and who comes back, as Entra tells the application."""

from syncline.rehearsal import Action, Directory, EntraSimulator, Leaving
from tests.integration.rehearsal.recording_server import (
    ENTERPRISE,
    Application,
)


async def test_a_blocked_person_is_never_created(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    blocked = company.leave(company.people()[9], Leaving.BLOCK)
    result = await entra.initial_cycle()

    assert blocked.user_principal_name not in application.users
    assert [e.code for e in result.entries if e.source.object_id == blocked.object_id] == [
        "NotEffectivelyEntitled"
    ]


async def test_a_soft_delete_deactivates_and_sends_the_mangled_name(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    gone = company.leave(company.people()[10])
    application.forget_requests()
    result = await entra.incremental_cycle()

    assert application.operations() == [
        {"op": "Replace", "path": "userName", "value": gone.user_principal_name},
        {"op": "Replace", "path": "active", "value": "False"},
    ]
    assert [entry.action for entry in result.entries] == [Action.DISABLE]


async def test_a_restore_reactivates_and_sends_no_membership_again(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    company.leave(company.people()[10])
    await entra.incremental_cycle()
    company.restore(company.people()[10])
    application.forget_requests()
    await entra.incremental_cycle()

    assert {"op": "Replace", "path": "active", "value": "True"} in application.operations()
    assert application.of("PATCH", "/Groups") == []


async def test_an_unassigned_person_is_deactivated_and_then_left_alone(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    user = company.people()[10]
    company.unassign(user)
    await entra.incremental_cycle()
    application.forget_requests()
    company.move(user, job_title="Gardener")
    company.purge(user)
    result = await entra.incremental_cycle()

    assert application.users[user.user_principal_name]["active"] is False
    assert application.of("DELETE") == application.of("PATCH", "/Users") == []
    assert [e.code for e in result.entries if e.source.object_id == user.object_id] == [
        "NotEffectivelyEntitled"
    ]


async def test_changes_of_an_unassigned_person_are_not_even_looked_up(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    user = company.people()[10]
    company.unassign(user)
    await entra.incremental_cycle()
    application.forget_requests()
    company.move(user, job_title="Gardener", manager=company.people()[0])
    await entra.incremental_cycle()

    assert application.requests == []


async def test_a_person_assigned_again_is_reactivated_under_the_same_id(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    user = company.people()[10]
    target_id = application.users[user.user_principal_name]["id"]
    company.unassign(user)
    await entra.incremental_cycle()
    company.assign_role(user, "Manager")
    await entra.incremental_cycle()
    back = application.users[user.user_principal_name]

    assert (back["id"], back["active"]) == (target_id, True)


async def test_a_purge_deletes(application: Application, entra: EntraSimulator, company: Directory) -> None:
    await entra.initial_cycle()
    user = company.people()[10]
    company.leave(user)
    await entra.incremental_cycle()
    company.purge(user)
    result = await entra.incremental_cycle()

    assert len(application.users) == 11
    assert [e.source.display_name for e in result.entries if e.action is Action.DELETE] == [user.display_name]


async def test_a_purged_manager_is_removed_from_the_reports(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    chief, head = company.people()[:2]
    company.purge(chief)
    application.forget_requests()
    await entra.incremental_cycle()

    assert {"op": "Remove", "path": f"{ENTERPRISE}:manager"} in application.operations()
    assert "manager" not in application.users[head.user_principal_name][ENTERPRISE]


async def test_a_group_out_of_scope_is_deleted_and_its_members_deactivated(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    guests = company.create_group("Guests")
    guest = company.join(role=None)
    company.assign_group(guests)
    company.add_member(guests, guest)
    await entra.incremental_cycle()
    present = application.users[guest.user_principal_name]["active"]
    company.unassign_group(guests)
    await entra.incremental_cycle()

    assert (present, application.users[guest.user_principal_name]["active"]) == (True, False)
    assert "Guests" not in application.groups


async def test_only_the_deactivation_of_an_unassigned_person_is_sent(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.initial_cycle()
    user = company.people()[10]
    company.move(user, job_title="Gardener")
    company.unassign(user)
    application.forget_requests()
    await entra.incremental_cycle()

    assert [r.body["Operations"] for r in application.of("PATCH", "/Users")] == [
        [{"op": "Replace", "path": "active", "value": "False"}]
    ]
