"""The on-demand run and its five explained steps."""

import pytest

from syncline.rehearsal import Action, Directory, DirectoryError, EntraSimulator, Leaving, Status
from tests.integration.rehearsal.recording_server import Application, error

STEPS = [
    "Test connection",
    "Import user",
    "Determine if user is in scope",
    "Match user between source and target system",
    "Perform action",
]


async def test_a_new_person_goes_through_five_steps_and_is_created(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    chief = company.people()[0]
    result = await entra.on_demand(chief.user_principal_name)

    assert [step.name for step in result.steps] == STEPS
    assert {step.status for step in result.steps} == {Status.SUCCESS}
    assert result.entry.action is Action.CREATE
    assert list(application.users) == [chief.user_principal_name]


async def test_the_steps_show_what_was_imported_and_which_conditions_held(
    entra: EntraSimulator, company: Directory
) -> None:
    chief = company.people()[0]
    result = await entra.on_demand(chief)
    imported, scope = dict(result.steps[1].details), dict(result.steps[2].details)

    assert imported["userPrincipalName"] == chief.user_principal_name
    assert imported["appRoleAssignments"] == ["Admin"]
    assert scope == {"Active in source system": True, "Assigned to application": True}


async def test_the_second_run_finds_the_cached_id_and_has_nothing_to_change(
    entra: EntraSimulator, company: Directory
) -> None:
    await entra.on_demand(company.people()[0])
    result = await entra.on_demand(company.people()[0])

    assert "cached id" in result.steps[3].sentence
    assert result.entry.code == "EntrySynchronizationSkipped"
    assert result.ok


async def test_somebody_who_is_not_assigned_is_skipped_with_the_reason(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    outsider = company.join(role=None)
    result = await entra.on_demand(outsider)

    assert [s.status for s in result.steps[2:]] == [Status.SKIPPED] * 3
    assert result.entry.code == "NotEffectivelyEntitled"
    assert application.users == {}


async def test_somebody_unassigned_is_deactivated(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    user = company.people()[9]
    await entra.on_demand(user)
    company.unassign(user)
    result = await entra.on_demand(user)

    assert result.entry.action is Action.DISABLE
    assert application.users[user.user_principal_name]["active"] is False


@pytest.mark.parametrize("how", [Leaving.BLOCK, Leaving.DELETE])
async def test_blocked_and_deleted_people_are_not_offered(
    entra: EntraSimulator, company: Directory, how: Leaving
) -> None:
    user = company.leave(company.people()[9], how)

    with pytest.raises(DirectoryError, match="Run an incremental cycle"):
        await entra.on_demand(user)


async def test_a_refused_token_fails_the_first_step(application: Application, company: Directory) -> None:
    result = await EntraSimulator(company, application.base_url, "wrong").on_demand(company.people()[0])

    assert [s.status for s in result.steps] == [Status.FAILURE, *[Status.SKIPPED] * 4]
    assert not result.ok


async def test_a_failed_action_shows_the_attributes_that_were_attempted(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    application.trouble = lambda r: error(400, "No.", "invalidValue") if r.method == "POST" else None
    result = await entra.on_demand(company.people()[0])
    last = result.steps[-1]

    assert (last.name, last.status) == ("Perform action", Status.FAILURE)
    assert "userName" in {m["displayName"] for m in dict(last.details)["attempted"]}


async def test_the_next_cycle_sends_the_references_an_on_demand_run_left_out(
    application: Application, entra: EntraSimulator, company: Directory
) -> None:
    await entra.on_demand(company.people()[1])
    await entra.initial_cycle()

    assert len(application.users) == 12
    assert sum(len(group["members"]) for group in application.groups.values()) == 12
