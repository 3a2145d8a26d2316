"""The command line as a person uses it: real commands against real servers, and errors that say what to do."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import COMMAND, Said, Server, Syncline, wait_for

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PAT = "pat-na1-0a1b2c3d-0000-4000-8000-00000000cafe"


@pytest.fixture
def syncline(tmp_path: Path) -> Syncline:
    return Syncline(tmp_path / "data")


@pytest.fixture
def portal(syncline: Syncline) -> Iterator[dict[str, Any]]:
    """A portal with the account acme."""
    with syncline.portal():
        yield syncline.json("portal", "account", "create", "acme", "--with-scim")


@pytest.fixture
def server(syncline: Syncline) -> Iterator[Server]:
    with syncline.gateway() as running:
        yield running


def connect(account: Mapping[str, Any], tenant: str = "acme", **instead: str) -> list[str]:
    """Return the words of `connection set`."""
    words = {
        "--base-url": account["base_url"],
        "--access-token": account["access_token"],
        "--scim-base-url": account["scim_base_url"],
        "--scim-token": account["scim_token"],
        **{"--" + name.replace("_", "-"): value for name, value in instead.items()},
    }
    return ["connection", "set", tenant, *(word for pair in words.items() for word in pair)]


def refused(said: Said, *fragments: str) -> None:
    """Assert that a command said in one line what is wrong and what to do, on standard error, with status 1."""
    assert (1, "") == (said.status, said.out), said
    assert said.err.startswith("Error: "), said.err
    assert "Traceback" not in said.err
    missing = [fragment for fragment in fragments if fragment not in said.err]
    assert [] == missing, said.err


def provision(address: str, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{address}/Users",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"},
    )
    with urllib.request.urlopen(request) as response:
        assert 201 == response.status
        created: dict[str, Any] = json.load(response)
        return created


READABLE = (
    ("tenant", "list"),
    ("tenant", "show", "acme"),
    ("token", "list", "acme"),
    ("connection", "show", "acme"),
    ("connection", "check", "acme"),
    ("policy", "show", "acme"),
    ("rule", "list", "acme"),
    ("protect", "list", "acme"),
    ("plan", "show", "acme"),
    ("reconcile", "acme"),
    ("drift", "list", "acme"),
    ("orphans", "list", "acme"),
    ("users", "list", "acme"),
    ("groups", "list", "acme"),
    ("events", "list", "acme"),
)


def test_the_first_ten_minutes_end_with_a_user_at_hubspot(
    syncline: Syncline, portal: dict[str, Any], server: Server
) -> None:
    assert {"portal_id", "access_token", "personal_access_key", "scim_token", "scim_base_url"} <= set(portal)
    tenant = syncline.json("tenant", "create", "acme")
    assert {
        "id": tenant["id"],
        "name": "acme",
        "mode": "collecting",
        "scim_base_url": f"{server.address}/scim/v2",
    } == tenant
    token = syncline.json("token", "create", "acme")
    assert (f"{server.address}/scim/v2", None) == (token["scim_base_url"], token["expires_at"])
    report = syncline.json(*connect(portal))
    assert (portal["portal_id"], []) == (report["portal_id"], report["missing"])
    assert {"api": True, "scim": True} == {each["channel"]: each["ok"] for each in report["channels"]}
    again = syncline.json("connection", "check", "acme")
    assert report.keys() - {"replaced"} == again.keys() - {"now"}
    assert (None, "healthy") == (report["replaced"], again["now"]["health"])
    syncline.json("policy", "set", "acme", "--deactivated", "deactivate", "--match-role-names", "on")
    syncline.json(
        "rule", "add", "acme", "--attribute", "department", "--equals", "Sales", "--primary-team", "Sales"
    )
    syncline.json("role", "default", "acme", "Standard User")
    ada = provision(
        token["scim_base_url"],
        token["token"],
        {
            "schemas": [USER, ENTERPRISE],
            "userName": "ada@acme.example",
            "name": {"givenName": "Ada", "familyName": "Vance"},
            "roles": [{"value": "Manager", "primary": True}],
            ENTERPRISE: {"department": "Sales"},
        },
    )
    plan = syncline.json("plan", "show", "acme")
    (person,) = plan["people"]
    assert ("plan", 1) == (plan["mode"], plan["counts"]["create"])
    assert ("create", "Manager", "Sales", "send") == (
        person["kind"],
        person["permission_set"],
        person["primary_team"],
        person["verdict"],
    )
    assert {"approved_at", "approved_by", "counts"} <= set(syncline.json("plan", "approve", "acme"))
    assert "live" == syncline.json("tenant", "mode", "acme", "live")["mode"]

    def delivered() -> Any:
        shown = server.ask("users.show", tenant="acme", user="ada@acme.example")
        return shown if shown["delivery"]["access"] == "active" else None

    wait_for(delivered, "Ada never arrived")
    shown = syncline.json("users", "show", "acme", "ada@acme.example")
    assert (ada["id"], "Ada", ["Manager"], "Sales") == (
        shown["id"],
        shown["hubspot"]["first_name"],
        shown["hubspot"]["permission_sets"],
        shown["hubspot"]["primary_team"],
    )
    listed = syncline.json("users", "list", "acme")
    assert ["ada@acme.example"] == [each["email"] for each in listed["users"]]
    events = syncline.json("events", "list", "acme")["events"]
    assert {"user.created", "delivery.create"} <= {event["kind"] for event in events}
    one = syncline.json("events", "show", "acme", str(events[0]["seq"]))
    assert events[0]["summary"] == one["summary"]
    overview = syncline.json("tenant", "show", "acme")
    assert ({"users": 1, "groups": 0}, 0) == (overview["counts"], overview["deliveries"]["held"])
    assert ["acme"] == [each["name"] for each in syncline.json("tenant", "list")["tenants"]]
    for words in READABLE:
        assert isinstance(syncline.json(*words), dict), words
        said = syncline.run(*words)
        assert (0, "") == (said.status, said.err), words
        assert said.out.strip(), words
        assert not said.out.startswith("{"), words


def test_refusals_name_the_fix(syncline: Syncline, portal: dict[str, Any], server: Server) -> None:
    server.ask("tenant.create", name="acme")
    server.ask("tenant.create", name="other")
    refused(syncline.run("tenant", "show", "nobody"), "'nobody'", "tenant list")
    refused(syncline.run("tenant", "create", "ACME"), "already", "choose another name")
    refused(syncline.run("tenant", "mode", "acme", "live"), "connection set acme")
    refused(syncline.run("connection", "check", "acme"), "not connected", "connection set")
    refused(syncline.run("plan", "show", "acme"), "connection set acme")
    refused(syncline.run(*connect(portal, access_token=PAT)), "HubSpot does not accept", "connection set")
    refused(syncline.run(*connect(portal, base_url="http://127.0.0.1:9")), "could not be reached")
    refused(syncline.run(*connect(portal, base_url="https://evil.example")), "not a HubSpot host")
    refused(syncline.run(*connect(portal, base_url="ftp://127.0.0.1")), "http")
    refused(
        syncline.run(*connect(portal, scim_token=PAT)), "SCIM channel", "nothing was saved", "connection set"
    )
    assert server.ask("tenant.show", tenant="acme")["connection"] is None

    syncline.json(*connect(portal))
    refused(syncline.run("tenant", "mode", "acme", "live"), "policy set acme --deactivated")
    refused(syncline.run(*connect(portal, "other")), str(portal["portal_id"]), "another tenant")
    refused(syncline.run("role", "default", "acme", "Boss"), "'Boss'", "Standard User")
    refused(syncline.run("policy", "set", "acme", "--deactivated", "strip"), "--strip-to")
    refused(syncline.run("rule", "remove", "acme", "r0"), "'r0'", "rule list")
    refused(syncline.run("token", "revoke", "acme", "aaaaaaaaaa"), "token list")
    refused(syncline.run("users", "show", "acme", "nobody@acme.example"), "users list acme")
    refused(syncline.run("groups", "show", "acme", "g0"), "groups list")
    refused(syncline.run("events", "show", "acme", "99999"), "no event 99999")
    assert not any(PAT in path.read_text(errors="replace") for path in syncline.data.glob("*.log"))


def test_a_mistyped_command_is_a_usage_error(syncline: Syncline) -> None:
    for words in (("tenant", "mode", "acme", "alive"), ("tennant",), ("token", "create")):
        said = syncline.run(*words)
        assert (2, "") == (said.status, said.out), words
        assert "Usage:" in said.err
        assert "Traceback" not in said.err


def test_without_a_server_commands_do_the_same_by_themselves(
    syncline: Syncline, portal: dict[str, Any]
) -> None:
    syncline.json("tenant", "create", "acme")
    tokens = f"{portal['access_token']}\n{portal['scim_token']}\n"
    said = syncline.run(*connect(portal, access_token="-", scim_token="-"), "--json", stdin=tokens)
    refused(syncline.run("tenant", "mode", "acme", "live"), "policy set acme --deactivated")
    assert portal["portal_id"] == said.json["portal_id"]
    assert not (syncline.data / "server.json").exists()


def test_a_second_server_finds_folder_and_address_taken(
    syncline: Syncline, server: Server, tmp_path: Path
) -> None:
    refused(syncline.run("serve", "--port", "0"), "already running", server.address, "--data")
    other = Syncline(tmp_path / "other")
    refused(other.run("serve", "--port", server.address.rpartition(":")[2]), "--port", "listen")
    assert [] == server.ask("tenant.list")["tenants"]


def test_a_database_of_a_newer_version_is_left_alone(syncline: Syncline) -> None:
    syncline.json("tenant", "create", "acme")
    with closing(sqlite3.connect(syncline.data / "gateway.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")

    for words in (("tenant", "list"), ("serve", "--port", "0")):
        refused(syncline.run(*words), "9999", "newer version", "backup")


def test_a_key_that_others_can_read_is_refused_with_the_command_that_helps(syncline: Syncline) -> None:
    syncline.json("tenant", "create", "acme")
    key = syncline.data / "secret.key"
    key.chmod(0o644)
    for words in (("tenant", "list"), ("serve", "--port", "0")):
        refused(syncline.run(*words), f"chmod 600 {key}")

    key.chmod(0o600)
    key.write_text("not a key\n")
    refused(syncline.run("tenant", "list"), "43 characters of base64url")


def test_a_connection_sealed_with_another_key_says_so(syncline: Syncline, portal: dict[str, Any]) -> None:
    syncline.json("tenant", "create", "acme")
    syncline.json(*connect(portal))
    (syncline.data / "secret.key").unlink()

    refused(syncline.run("connection", "check", "acme"), "sealed", "key")


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    refused(Syncline(tmp_path / "file" / "data").run("tenant", "create", "acme"), str(tmp_path), "--data")


@pytest.mark.parametrize(
    ("name", "value", "fragment"),
    [
        ("SYNCLINE_PORT", "many", "SYNCLINE_PORT"),
        ("SYNCLINE_PUBLIC_URL", "acme", "SYNCLINE_PUBLIC_URL"),
        ("SYNCLINE_PUBLICURL", "https://x.example", "did you mean SYNCLINE_PUBLIC_URL"),
        ("SYNCLINE_DATABASE_URL", "mysql://u:hunter2@db/x", "SYNCLINE_DATABASE_URL"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_before_anything_starts(
    tmp_path: Path, name: str, value: str, fragment: str
) -> None:
    said = Syncline(tmp_path / "data", {name: value}).run("serve")

    refused(said, fragment)
    assert "hunter2" not in said.err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("words", [("--help",), ("portal", "account", "list")])
def test_output_that_finds_no_room_is_an_error_in_one_sentence(
    syncline: Syncline, words: tuple[str, ...]
) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*COMMAND, *words], stdout=full, stderr=subprocess.PIPE, env=syncline._environment(), check=False
        )

    assert (1, b"Error: No space left on device.\n") == (ended.returncode, ended.stderr)
