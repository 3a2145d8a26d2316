"""The first owner's link, operators and API keys, as commands on a real server."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.support.programs import Syncline


@pytest.fixture
def syncline(tmp_path: Path) -> Syncline:
    """Commands on an empty data folder."""
    return Syncline(tmp_path / "data")


def ask(address: str, key: str = "") -> tuple[int, str]:
    """Return the status and the text of an address."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        answer = urlopen(Request(address, headers=headers))
    except HTTPError as error:
        answer = error
    with answer:
        return int(answer.status), answer.read().decode()


def test_a_server_nobody_owns_prints_the_link_of_its_first_owner(syncline: Syncline) -> None:
    with syncline.gateway() as server:
        printed = (syncline.data / "server.json.log").read_text()
        link = re.search(rf"{re.escape(server.address)}/link/synclinelink_\S+", printed)
        assert link is not None
        first = ask(link[0])
        another = syncline.json("operator", "link")["link"]
        later = ask(link[0])

    assert another != link[0]
    assert [200, 410] == [first[0], later[0]]
    assert "Become the owner" in first[1]


def test_operators_are_invited_and_listed_on_the_command_line(syncline: Syncline) -> None:
    syncline.json("tenant", "create", "acme")
    made = syncline.json("operator", "invite", "ada@example.com", "--role", "approver", "--tenant", "acme")
    listed = syncline.run("operator", "list")
    again = syncline.run("operator", "role", "ada@example.com", "owner")

    assert "/link/synclinelink_" in made["link"]
    assert "ada@example.com" in listed.out
    assert "There is no operator yet" in listed.out
    assert 1 == again.status
    assert "See who there is (`operator list`)." in again.err


def test_a_key_made_on_the_command_line_opens_the_api_until_it_is_revoked(syncline: Syncline) -> None:
    syncline.json("tenant", "create", "acme")
    with syncline.gateway() as server:
        made = syncline.json("api-key", "create", "--role", "viewer", "--tenant", "acme")
        tenants = f"{server.address}/api/v1/tenants"
        before, _ = ask(tenants, made["api_key"])
        syncline.run("api-key", "revoke", made["key_id"])
        after, _ = ask(tenants, made["api_key"])
        listed = syncline.run("api-key", "list")

    assert [200, 401] == [before, after]
    assert made["key_id"] in listed.out
    assert made["api_key"] not in listed.out
