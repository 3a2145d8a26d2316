"""`rehearse entra` and `rehearse people` as a person at a terminal uses them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from tests.integration.rehearsal.commands import document, in_thread, run
from tests.integration.rehearsal.recording_server import TOKEN, Application, error, recording_application


@pytest.fixture
def application() -> Iterator[Application]:
    with in_thread(recording_application()) as application:
        yield application


def rehearse_entra(application: Application, *arguments: str) -> Result:
    return run("entra", "--base-url", application.base_url, "--token", TOKEN, *arguments)


def somebody(application: Application, department: str) -> str:
    """Return the principal name of the last person of a department."""
    extension = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    return [n for n, user in application.users.items() if user[extension]["department"] == department][-1]


def test_a_first_run_provisions_the_company_and_ends_with_zero(application: Application) -> None:
    result = rehearse_entra(application, "--users", "12")

    assert result.exit_code == 0, result.output
    assert "Test connection" in result.output
    assert "No object failed" in result.output
    assert len(application.users) == 12


def test_the_json_form_holds_the_counts_and_the_whole_log(application: Application) -> None:
    found = document(rehearse_entra(application, "--users", "12", "--json"))

    assert (found["kind"], found["ok"], found["users"]["created"]) == ("initial", True, 12)
    assert len(found["log"]) == 12 + 5 + 11 + 5


def test_a_failed_object_is_listed_with_its_cause_and_ends_with_one(application: Application) -> None:
    application.trouble = lambda r: error(409, "That name is taken.") if r.method == "POST" else None
    result = rehearse_entra(application, "--users", "2", "--no-groups")

    assert result.exit_code == 1
    assert "Conflict: POST /Users was answered 409: That name is taken." in result.output


def test_a_wrong_token_is_explained_with_the_fix_and_never_shown(application: Application) -> None:
    result = run("entra", "--base-url", application.base_url, "--token", "wrong-token")

    assert result.exit_code == 1
    assert "Put a new token in" in result.output
    assert "wrong-token" not in result.output


def test_nobody_listening_is_explained(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    result = run("entra", "--base-url", "http://127.0.0.1:9", "--token", "t", "--state", str(state))

    assert result.exit_code == 1
    assert "The connection test failed" in result.output
    assert not state.exists()


def test_the_flag_on_the_tenant_url_chooses_the_dialect(application: Application) -> None:
    result = run("entra", "--base-url", f"{application.base_url}?aadOptscim062020", "--token", TOKEN)

    assert {"add"} == {op["op"] for op in application.operations()}, result.output


def test_the_dialect_can_be_chosen_by_an_option(application: Application) -> None:
    rehearse_entra(application, "--users", "3", "--dialect", "flag")

    assert {"add"} == {op["op"] for op in application.operations()}


def test_a_query_on_the_tenant_url_that_is_no_flag_is_refused() -> None:
    result = run("entra", "--base-url", "http://127.0.0.1:9/scim?verbose", "--token", "t")

    assert result.exit_code == 1
    assert "no flag of a tenant URL" in result.output


def test_deletions_above_the_threshold_wait_for_an_answer(application: Application, tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    rehearse_entra(application, "--users", "6", "--state", state)
    leavers = list(application.users)[3:5]
    leaving = [word for name in leavers for word in ("--unassign", name)]
    held = rehearse_entra(application, "--state", state, "--deletion-threshold", "1", *leaving)
    present = [application.users[name]["active"] for name in leavers]
    allowed = rehearse_entra(
        application, "--state", state, "--deletion-threshold", "1", "--allow-deletions", "--json"
    )

    assert (1, [True, True]) == (held.exit_code, present)
    assert "Allow or reject them" in held.output
    assert (0, 2) == (allowed.exit_code, document(allowed)["users"]["disabled"])
    assert [False, False] == [application.users[name]["active"] for name in leavers]


def test_there_is_nothing_to_allow_where_nothing_is_held_back(
    application: Application, tmp_path: Path
) -> None:
    state = str(tmp_path / "state.json")
    rehearse_entra(application, "--users", "3", "--state", state)
    result = rehearse_entra(application, "--state", state, "--reject-deletions")

    assert result.exit_code == 1
    assert "nothing to allow or reject" in result.output


def test_a_state_file_makes_later_runs_incremental(application: Application, tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    rehearse_entra(application, "--users", "12", "--state", state)
    leaver, mover = somebody(application, "Sales"), somebody(application, "Support")
    result = rehearse_entra(
        application,
        "--state",
        state,
        "--json",
        "--leave",
        leaver,
        "--move",
        mover,
        "--department",
        "Marketing",
    )
    found = document(result)

    assert result.exit_code == 0
    assert (found["kind"], found["users"]["disabled"], found["users"]["updated"]) == ("incremental", 1, 1)
    assert (found["users"]["created"], found["groups"]["updated"], found["references"]["updated"]) == (
        0,
        0,
        2,
    )


@pytest.mark.parametrize(
    ("arguments", "path", "value"),
    [
        (("--rename", "{}", "--to", "Adele Vance-Park"), "name.familyName", "Vance-Park"),
        (("--role", "{}", "Admin"), 'roles[primary eq "True"].value', "Admin"),
        (("--block", "{}"), "active", "False"),
        (("--unassign", "{}"), "active", "False"),
        (("--move", "{}", "--title", "Gardener"), "title", "Gardener"),
    ],
)
def test_a_change_reaches_the_application(
    application: Application, tmp_path: Path, arguments: tuple[str, ...], path: str, value: str
) -> None:
    state = str(tmp_path / "state.json")
    rehearse_entra(application, "--users", "12", "--state", state)
    user = somebody(application, "Sales")
    application.forget_requests()
    result = rehearse_entra(application, "--state", state, *(a.format(user) for a in arguments))

    assert result.exit_code == 0, result.output
    assert (path, value) in [(op["path"], op["value"]) for op in application.operations()]


def test_a_leaver_can_come_back_and_be_purged(application: Application, tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    rehearse_entra(application, "--users", "12", "--state", state)
    user = somebody(application, "Sales")
    rehearse_entra(application, "--state", state, "--leave", user)
    left = user not in application.users
    rehearse_entra(application, "--state", state, "--restore", user)
    back = application.users[user]["active"]
    rehearse_entra(application, "--state", state, "--leave", user)
    rehearse_entra(application, "--state", state, "--purge", user)

    assert (left, back, len(application.users)) == (True, True, 11)


def test_a_newcomer_is_created_in_the_department_asked_for(application: Application, tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    rehearse_entra(application, "--users", "3", "--state", state)
    result = rehearse_entra(
        application, "--state", state, "--join", "Zoë de Vries", "--department", "Marketing"
    )

    assert result.exit_code == 0, result.output
    assert application.users["zoe.devries@acme.example"]["displayName"] == "Zoë de Vries"


def test_an_on_demand_run_shows_the_five_steps(application: Application) -> None:
    result = rehearse_entra(application, "--users", "3", "--on-demand", "ruben.ibanez@acme.example")

    assert result.exit_code == 0, result.output
    assert [f"{n}." in result.output for n in range(1, 6)] == [True] * 5
    assert list(application.users) == ["ruben.ibanez@acme.example"]


def test_an_on_demand_run_has_a_json_form(application: Application) -> None:
    found = document(
        rehearse_entra(application, "--users", "3", "--on-demand", "ruben.ibanez@acme.example", "--json")
    )

    assert [step["status"] for step in found["steps"]] == ["success"] * 5
    assert found["log"]["provisioningAction"] == "create"


def test_an_unknown_person_is_refused_before_anything_is_sent(
    application: Application, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    rehearse_entra(application, "--users", "3", "--state", str(state))
    before = state.read_bytes()
    application.forget_requests()
    result = rehearse_entra(application, "--state", str(state), "--leave", "nobody@acme.example")

    assert result.exit_code == 1
    assert "Nobody in the directory" in result.output
    assert (application.requests, before) == ([], state.read_bytes())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--leave", "x"), "--state FILE alone"),
        (("--incremental",), "--state FILE alone"),
        (("--to", "New Name"), "--rename USER"),
        (("--department", "Sales"), "belong to --move USER"),
    ],
)
def test_a_combination_that_means_nothing_is_refused(arguments: tuple[str, ...], complaint: str) -> None:
    result = run("entra", "--base-url", "http://127.0.0.1:9", "--token", "t", *arguments)

    assert result.exit_code == 2
    assert complaint in result.output


def test_a_state_file_is_not_silently_given_another_company(application: Application, tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    rehearse_entra(application, "--users", "3", "--state", state)
    result = rehearse_entra(application, "--users", "5", "--state", state)

    assert result.exit_code == 2
    assert "--users founds a new company" in result.output


def test_a_state_file_is_bound_to_its_tenant_url(application: Application, tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    rehearse_entra(application, "--users", "3", "--state", state)
    result = run(
        "entra", "--base-url", "http://127.0.0.1:9", "--token", "t", "--state", state, "--incremental"
    )

    assert result.exit_code == 1
    assert f"belongs to {application.base_url}" in result.output


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"format": 99}', b'{"format": 1, "base_url": "http://127.0.0.1:9"}']
)
def test_a_file_that_is_no_state_is_refused(tmp_path: Path, content: bytes) -> None:
    state = tmp_path / "state.json"
    state.write_bytes(content)
    result = run("entra", "--base-url", "http://127.0.0.1:9", "--token", "t", "--state", str(state))

    assert result.exit_code == 1
    assert "Name another file" in result.output


def test_the_token_is_not_kept_in_the_state(application: Application, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    rehearse_entra(application, "--users", "3", "--state", str(state))

    assert TOKEN.encode() not in state.read_bytes()


def test_the_people_are_listed_as_the_changes_name_them() -> None:
    result = run("people", "--users", "3", "--json")

    assert document(result)["people"][0]["user_principal_name"] == "ruben.ibanez@acme.example"


def test_the_people_of_a_state_are_listed_with_how_they_stand(
    application: Application, tmp_path: Path
) -> None:
    state = str(tmp_path / "state.json")
    rehearse_entra(application, "--users", "3", "--state", state)
    rehearse_entra(application, "--state", state, "--leave", "ruben.ibanez@acme.example")
    listed = run("people", "--state", state)

    assert "ruben.ibanez@acme.example" in listed.output
    assert "deleted" in listed.output
