"""What keeps an installation well, as a person does it: commands of their own while a server runs."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support.patience import PATIENCE_SECONDS
from tests.support.programs import Server, Syncline, wait_for


@pytest.fixture
def syncline(tmp_path: Path) -> Syncline:
    return Syncline(tmp_path / "data")


def ask_scim(server: Server, token: str, path: str = "/Users") -> int:
    request = urllib.request.Request(
        f"{server.address}/scim/v2{path}", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_reads_show_in_the_log_of_reads_and_in_the_metrics(syncline: Syncline) -> None:
    with syncline.gateway() as server:
        syncline.json("tenant", "create", "acme")
        token = syncline.json("token", "create", "acme")["token"]
        assert 200 == ask_scim(server, token, "/Users?count=1")
        assert 404 == ask_scim(server, token, "/Groups/nobody")
        assert 401 == ask_scim(server, token + "x")

        def reads() -> Any:
            found = server.ask("events.reads", tenant="acme")["reads"]
            return found if len(found) == 2 else None

        found = wait_for(reads, "the reads were never written")

        assert [("groups.get", 404), ("users.list", 200)] == [
            (each["operation"], each["status"]) for each in found
        ]
        shown = syncline.run("events", "list", "acme", "--reads")
        assert "groups.get" in shown.out
        with urllib.request.urlopen(f"{server.address}/metrics", timeout=PATIENCE_SECONDS) as page:
            assert b'syncline_read_log_entries_total{result="kept"} 2.0' in page.read()


def test_a_key_is_rotated_under_a_running_server_and_nobody_notices(syncline: Syncline) -> None:
    with syncline.gateway() as server:
        syncline.json("tenant", "create", "acme")
        token = syncline.json("token", "create", "acme")["token"]

        said = syncline.run("key", "rotate")

        assert 0 == said.status, said.err
        assert "Old key" in said.out
        assert 200 == ask_scim(server, token)
        server.kill()
    with syncline.gateway() as server:
        assert 200 == ask_scim(server, token)


def test_a_backup_of_a_running_server_is_restored_somewhere_else(
    syncline: Syncline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with syncline.gateway():
        syncline.json("tenant", "create", "acme")
        token = syncline.json("token", "create", "acme")["token"]
        made = syncline.run("backup", "--to", "b.tar")
        assert 0 == made.status, made.err
        assert f"The key is not in it. It is in {syncline.data / 'secret.key'}" in made.out
        refused = syncline.run("restore", "b.tar")
        assert (1, True) == (refused.status, "is already running" in refused.err), refused.err
    other = Syncline(tmp_path / "other")
    lost = other.run("restore", "b.tar")
    assert (1, True) == (lost.status, "acme: no connection, 1 SCIM token." in lost.err), lost.err
    (other.data / "secret.key").write_bytes((syncline.data / "secret.key").read_bytes())
    (other.data / "secret.key").chmod(0o600)

    back = other.run("restore", "b.tar")

    assert 0 == back.status, back.err
    assert "Every tenant only decides until its plan is approved again" in back.out
    with other.gateway() as server:
        assert 200 == ask_scim(server, token)


def test_the_doctor_ends_with_1_when_something_is_bad(syncline: Syncline) -> None:
    syncline.json("tenant", "create", "acme")
    alone = syncline.run("doctor", "--json")
    assert (0, "warn") == (alone.status, json.loads(alone.out)["worst"]), alone.out
    with syncline.gateway():
        result = json.loads(syncline.run("doctor", "--json").out)
        levels = {each["check"]: each["level"] for each in result["findings"]}
        assert ("ok", "warn") == (levels["public address"], levels["tls"])
    wrong = Syncline(syncline.data, {"SYNCLINE_PUBLIC_URL": "http://127.0.0.1:9"})
    with wrong.gateway():
        said = wrong.run("doctor", "acme")

    assert 1 == said.status
    assert "cannot be reached from here: no connection could be made" in said.out
    assert "What helps" in said.out


def test_the_live_check_runs_against_the_portal_and_leaves_nobody_behind(syncline: Syncline) -> None:
    account = syncline.json("portal", "account", "create", "acme", "--invites", "never")
    with syncline.portal() as address:
        said = syncline.run(
            "live-check",
            "--yes",
            "--base-url",
            address,
            "--access-token",
            "-",
            "--domain",
            "acme.example",
            stdin=account["access_token"] + "\n",
        )

        assert 0 == said.status, said.out + said.err
        assert "0 refuted" in said.out
        assert account["access_token"] not in said.out + said.err
        listed = syncline.json("portal", "user", "list", "acme")
        assert not [each for each in listed["users"] if "live-check" in each["email"]]
