"""`connection authorize` on the command line: what is printed, what is waited for, what ends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from syncline.gateway.cli import authorizing
from syncline.localsocket import Progress
from tests.acceptance.cli.conftest import Run
from tests.acceptance.cli.results import CHECK
from tests.support.operations import Operations

BEGUN: dict[str, Any] = {
    "authorization_id": "a1",
    "url": "https://app.hubspot.com/oauth/authorize?client_id=c",
    "redirect_uri": "https://sync.example.com/oauth/callback",
    "scopes": ["oauth"],
    "optional_scopes": [],
    "expires_at": "2026-11-21T08:15:00Z",
}
CONNECTED = {"state": "connected", "sentence": "HubSpot account 7 is connected."}
WAITING = {"state": "waiting", "sentence": "Nobody has answered at HubSpot yet."}


class InTurn(Operations):
    """Answers how far the request has got from a list, one after the other."""

    def __init__(self) -> None:
        super().__init__({"connection.authorize": BEGUN, "connection.check": CHECK})
        self.states: list[dict[str, str]] = []

    async def __call__(
        self, operation: str, arguments: Mapping[str, Any], *, actor: str, progress: Progress
    ) -> Any:
        if operation == "connection.authorization":
            self.results[operation] = self.states.pop(0)
        return await super().__call__(operation, arguments, actor=actor, progress=progress)


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> InTurn:
    monkeypatch.setattr(authorizing, "POLL_SECONDS", 0)
    return InTurn()


def test_it_prints_the_address_waits_and_shows_the_check(run: Run, operations: InTurn) -> None:
    operations.states = [WAITING, WAITING, CONNECTED]

    result = run("connection", "authorize", "acme", "--client-id", "c", "--client-secret", "-", stdin="s\n")

    assert 0 == result.exit_code, result.stderr
    assert BEGUN["url"] in result.stderr
    assert "HubSpot account 7 is connected." in result.stderr
    assert "190 in 10 s, of which Syncline uses 171" in result.stdout
    assert {"tenant": "acme", "client_id": "c", "client_secret": "s"} == operations.asked[0][1]


def test_as_json_only_the_check_goes_to_standard_output(run: Run, operations: InTurn) -> None:
    operations.states = [CONNECTED]

    assert run("connection", "authorize", "acme", "--json").stdout.startswith("{")


def test_without_waiting_nothing_is_asked_afterwards(run: Run, operations: InTurn) -> None:
    result = run("connection", "authorize", "acme", "--no-wait", "--with", "teams", "--with", "paid-seats")

    assert (0, BEGUN["url"] in result.stderr) == (result.exit_code, True)
    assert [{"tenant": "acme", "features": ["teams", "paid-seats"]}] == [each[1] for each in operations.asked]


@pytest.mark.parametrize("state", ["failed", "expired", "replaced"])
def test_a_request_that_came_to_nothing_is_told_and_fails(run: Run, operations: InTurn, state: str) -> None:
    operations.states = [WAITING, {"state": state, "sentence": "This is why."}]

    result = run("connection", "authorize", "acme")

    assert (1, "Error: This is why.\n") == (result.exit_code, result.stderr[-len("Error: This is why.\n") :])
    assert "connection.check" not in [each[0] for each in operations.asked]


def test_without_a_server_there_is_nobody_to_come_back_to(alone: Run, operations: InTurn) -> None:
    result = alone("connection", "authorize", "acme")

    assert 1 == result.exit_code
    assert "start `syncline serve` first" in result.stderr
    assert [] == operations.asked


def test_revoking_says_what_became_of_the_grant(run: Run, operations: InTurn) -> None:
    operations.results["connection.revoke"] = {"message": "Revoked and forgotten."}

    assert "Revoked and forgotten.\n" == run("connection", "revoke", "acme").stdout
