"""`rehearse okta` and `rehearse google` as a person at a terminal uses them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.integration.rehearsal.commands import document, in_thread, run
from tests.integration.rehearsal.watched_store import WatchedStore, refusal, watched_store
from tests.support.scim import TOKEN

BOTH = pytest.mark.parametrize("provider", ["okta", "google"])
SALES = "HubSpot Sales"


@pytest.fixture
def store() -> Iterator[WatchedStore]:
    with in_thread(watched_store()) as store:
        yield store


@pytest.fixture
def state(tmp_path: Path) -> str:
    return str(tmp_path / "state.json")


def rehearse(store: WatchedStore, provider: str, *arguments: str) -> Result:
    return run(provider, "--base-url", store.base_url, "--token", TOKEN, *arguments)


def users(store: WatchedStore) -> dict[str, dict[str, Any]]:
    return asyncio.run(store.users())


@BOTH
def test_a_first_run_provisions_the_company_and_ends_with_zero(store: WatchedStore, provider: str) -> None:
    result = rehearse(store, provider, "--users", "12")

    assert 0 == result.exit_code, result.output
    assert "Test connection" in result.output
    assert "No object failed" in result.output
    assert 12 == len(users(store))


@BOTH
def test_the_json_form_is_that_of_the_other_providers(store: WatchedStore, provider: str) -> None:
    found = document(rehearse(store, provider, "--users", "12", "--json"))

    assert ("initial", True, 12) == (found["kind"], found["ok"], found["users"]["created"])
    assert {"cycle", "requests", "groups", "references", "log", "quarantine"} <= found.keys()


@BOTH
def test_a_failed_object_is_listed_with_its_cause_and_ends_with_one(
    store: WatchedStore, provider: str
) -> None:
    store.trouble = lambda seen: refusal(409, "That name is taken.") if seen.method == "POST" else None
    result = rehearse(store, provider, "--users", "2")

    assert 1 == result.exit_code
    assert "Conflict: POST /Users was answered 409: That name is taken." in result.output


@BOTH
def test_a_wrong_token_is_explained_with_the_fix_and_never_shown(store: WatchedStore, provider: str) -> None:
    result = run(provider, "--base-url", store.base_url, "--token", "wrong-token")

    assert 1 == result.exit_code
    assert "Put a new token in" in result.output
    assert "wrong-token" not in result.output


@BOTH
def test_changes_reach_the_application_in_a_later_run(store: WatchedStore, provider: str, state: str) -> None:
    rehearse(store, provider, "--users", "6", "--state", state)
    leaver, mover = list(users(store))[3:5]
    result = rehearse(
        store, provider, "--state", state, "--leave", leaver, "--move", mover, "--title", "Gardener"
    )

    assert 0 == result.exit_code, result.output
    assert (False, "Gardener") == (users(store)[leaver]["active"], users(store)[mover]["title"])


@BOTH
def test_changes_without_a_state_are_refused(store: WatchedStore, provider: str) -> None:
    result = rehearse(store, provider, "--leave", "x")

    assert 2 == result.exit_code
    assert "--state FILE alone" in result.output


def test_a_state_is_not_handed_from_one_provider_to_another(store: WatchedStore, state: str) -> None:
    rehearse(store, "okta", "--users", "3", "--state", state)
    result = rehearse(store, "google", "--state", state)

    assert 1 == result.exit_code
    assert "what Okta remembers, and Google Workspace works otherwise" in result.output


@pytest.mark.parametrize(
    ("style", "methods"), [("catalogue", {"POST", "PATCH"}), ("custom", {"POST", "PUT"})]
)
def test_the_style_decides_the_methods(store: WatchedStore, style: str, methods: set[str]) -> None:
    result = rehearse(store, "okta", "--users", "6", "--style", style)

    assert 0 == result.exit_code, result.output
    assert methods == {seen.method for seen in store.requests} - {"GET"}


def test_a_group_can_be_pushed_now_and_unlinked(store: WatchedStore, state: str) -> None:
    rehearse(store, "okta", "--users", "6", "--state", state)
    pushed = rehearse(store, "okta", "--state", state, "--push-now", SALES)
    unlinked = rehearse(store, "okta", "--state", state, "--unlink", SALES, "--json")

    assert (0, 0) == (pushed.exit_code, unlinked.exit_code)
    assert "success: update HubSpot Sales" in pushed.output
    assert "delete" == document(unlinked)["log"]["provisioningAction"]


def test_an_unknown_group_is_refused(store: WatchedStore, state: str) -> None:
    rehearse(store, "okta", "--users", "3", "--state", state)
    result = rehearse(store, "okta", "--state", state, "--push-now", "Nobody")

    assert 1 == result.exit_code
    assert "0 groups are called 'Nobody'" in result.output


def test_pushing_now_needs_a_state(store: WatchedStore) -> None:
    assert 2 == rehearse(store, "okta", "--push-now", SALES).exit_code


def test_an_import_says_who_was_read(store: WatchedStore, state: str) -> None:
    rehearse(store, "okta", "--users", "3", "--state", state)
    asyncio.run(store.client.create_user("stranger@elsewhere.example"))
    told = rehearse(store, "okta", "--state", state, "--import")
    found = document(rehearse(store, "okta", "--state", state, "--import", "--json"))

    assert 0 == told.exit_code, told.output
    assert "4 users were read: 3 known, 0 matched by their login, 1 unknown; 0 are missing." in told.output
    assert (4, ["stranger@elsewhere.example"]) == (found["read"], found["unknown"])


def test_an_import_that_is_refused_ends_with_one(store: WatchedStore) -> None:
    store.trouble = lambda seen: refusal(503) if "count=100" in seen.target else None
    result = rehearse(store, "okta", "--no-groups", "--import")

    assert 1 == result.exit_code
    assert "InternalServerError: GET /Users?startIndex=1&count=100 was answered 503" in result.output


def test_a_wait_for_a_busy_application_is_told(store: WatchedStore) -> None:
    busy = [refusal(429, "Too fast.", Retry_After="0")]
    store.trouble = lambda seen: busy.pop() if seen.method == "POST" and busy else None
    result = rehearse(store, "okta", "--users", "1")

    assert 0 == result.exit_code, result.output
    assert "The application is busy; Okta waits 0 s." in result.output


def test_a_leaver_can_be_deleted_at_once(store: WatchedStore, state: str) -> None:
    rehearse(store, "google", "--users", "3", "--state", state)
    leaver = list(users(store))[2]
    result = rehearse(store, "google", "--state", state, "--unassign", leaver, "--delete-after", "0")

    assert 0 == result.exit_code, result.output
    assert leaver not in users(store)


def test_a_leaver_stays_until_the_delay_has_passed(store: WatchedStore, state: str) -> None:
    rehearse(store, "google", "--users", "3", "--state", state)
    leaver = list(users(store))[2]
    rehearse(store, "google", "--state", state, "--unassign", leaver, "--delete-after", "7")

    assert users(store)[leaver]["active"] is False


def test_updates_can_be_put(store: WatchedStore, state: str) -> None:
    rehearse(store, "google", "--users", "3", "--state", state)
    user = list(users(store))[2]
    rehearse(store, "google", "--state", state, "--updates", "put", "--move", user, "--title", "Gardener")

    assert ["Gardener"] == [seen.body["title"] for seen in store.of("PUT")]
