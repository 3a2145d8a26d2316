"""`syncline portal project …` and `syncline portal env`, as they are typed."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from syncline.portal.cli import portal
from syncline.portal.program import RECORD

URL = "http://127.0.0.1:8090"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "da ta"
    run("account", "create", "acme", "--data", str(folder))
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "scim-app"
    assert 0 == run("project", "create", "--dest", str(folder)).exit_code
    return folder


def run(*words: str) -> Result:
    return CliRunner().invoke(portal, list(words))


def read(data: Path, *words: str) -> Any:
    result = run(*words, "--data", str(data), "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def upload(data: Path, folder: Path, *options: str) -> Result:
    return run("project", "upload", "acme", str(folder), *options, "--data", str(data))


def test_from_an_empty_folder_to_a_token_without_node(data: Path, project: Path) -> None:
    uploaded = upload(data, project)
    installed = read(data, "project", "install", "acme", "scim-app")
    shown = read(data, "project", "token", "acme", "scim-app")
    rotated = read(data, "project", "token", "acme", "scim-app", "--rotate")

    assert 0 == uploaded.exit_code, uploaded.output
    assert "Uploading scim-app to acme (2 files" in uploaded.output
    assert "[scim] scim  success\nDeployed build #1 of scim-app.\n" in uploaded.output
    assert (f"{URL}/scim/v2", True) == (
        installed["tenant_url"],
        installed["token"].startswith("pat-na1-scim-"),
    )
    assert installed == shown
    assert (True, shown["app_id"]) == (shown["token"] != rotated["token"], rotated["app_id"])
    assert rotated == read(data, "project", "token", "acme", "scim-app")


def test_the_folder_is_laid_out_as_the_guide_draws_it(project: Path) -> None:
    assert ["hsproject.json", "src/app/app-hsmeta.json", "src/app/scim/scim-hsmeta.json"] == sorted(
        path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()
    )
    assert {"name": "scim-app", "srcDir": "src", "platformVersion": "2025.2"} == json.loads(
        (project / "hsproject.json").read_bytes()
    )


def test_a_folder_with_something_in_it_is_left_alone(project: Path) -> None:
    again = run("project", "create", "--dest", str(project))

    assert (1, True) == (again.exit_code, "is not empty" in again.output)


def test_a_project_is_validated_before_it_is_sent(data: Path, project: Path) -> None:
    component = project / "src/app/scim/scim-hsmeta.json"
    assert 0 == run("project", "validate", str(project)).exit_code

    component.write_text('{"uid": "scim", "type": "scim", "config": {"roleSyncEnabled": 1}}')
    invalid, failed = run("project", "validate", str(project)), upload(data, project)
    component.write_text("{")
    broken = run("project", "validate", str(project))

    for result in (invalid, failed):
        assert (1, True) == (result.exit_code, "config.roleSyncEnabled: 1 is not of type" in result.output)
    assert "Build #1 failed. Nothing was deployed." in failed.output
    assert (1, True) == (
        broken.exit_code,
        "app/scim/scim-hsmeta.json can't be read at line 1" in broken.output,
    )


def test_links_and_folders_outside_of_the_project_are_not_followed(
    data: Path, project: Path, tmp_path: Path
) -> None:
    (project / "src/app/link.json").symlink_to("/etc/hostname")
    linked = upload(data, project)
    (project / "hsproject.json").write_text('{"name": "scim-app", "srcDir": ".."}')
    outside = upload(data, project)
    nowhere = upload(data, tmp_path)

    assert ["is a link", "lies outside of the project", "hsproject.json"] == [
        next(
            (part for part in ("is a link", "lies outside of the project", "hsproject.json") if part in text),
            "",
        )
        for text in (linked.output, outside.output, nowhere.output)
    ]
    assert {1} == {linked.exit_code, outside.exit_code, nowhere.exit_code}


def test_uploads_and_deploys_can_be_two_steps(data: Path, project: Path) -> None:
    first = upload(data, project, "--no-deploy", "--message", "first")
    too_early = run("project", "install", "acme", "scim-app", "--data", str(data))
    deployed = read(data, "project", "deploy", "acme", "scim-app")
    shown = read(data, "project", "show", "acme", "scim-app")

    assert "Next: syncline portal project deploy acme scim-app" in first.output
    assert (1, True) == (too_early.exit_code, "Nothing of scim-app is deployed yet" in too_early.output)
    assert (1, "SUCCESS") == (deployed["build"], deployed["status"])
    assert ("first", True) == (shown["builds"][0]["message"], shown["builds"][0]["deployed"])
    assert f"{URL}/developer-projects/48100000/project/scim-app" == shown["url"]


def test_role_sync_is_switched_by_another_upload(data: Path, project: Path) -> None:
    upload(data, project)
    component = project / "src/app/scim/scim-hsmeta.json"
    before = read(data, "project", "list", "acme")["projects"][0]["role_sync_enabled"]

    component.write_text(component.read_text().replace("false", "true"))
    upload(data, project)

    assert (False, True) == (
        before,
        read(data, "project", "list", "acme")["projects"][0]["role_sync_enabled"],
    )


def test_an_account_opened_with_scim_has_the_same_project(data: Path) -> None:
    account = read(data, "account", "create", "beta", "--with-scim")

    (listed,) = read(data, "project", "list", "beta")["projects"]

    assert ("scim-app", True, True, True) == (
        listed["name"],
        listed["installed"],
        listed["scim"],
        listed["role_sync_enabled"],
    )
    assert account["scim_token"] == read(data, "project", "token", "beta", "scim-app")["token"]


def test_uninstalling_and_deleting_end_the_app(data: Path, project: Path) -> None:
    upload(data, project)
    read(data, "project", "install", "acme", "scim-app")

    read(data, "project", "uninstall", "acme", "scim-app")
    gone = run("project", "token", "acme", "scim-app", "--data", str(data))
    read(data, "project", "delete", "acme", "scim-app")

    assert (1, True) == (gone.exit_code, "is not installed in acme" in gone.output)
    assert {"projects": []} == read(data, "project", "list", "acme")
    assert 1 == run("project", "show", "acme", "scim-app", "--data", str(data)).exit_code


def test_tokens_are_not_in_the_data_folder(data: Path, project: Path) -> None:
    upload(data, project)
    token = read(data, "project", "install", "acme", "scim-app")["token"]

    content = b"".join(path.read_bytes() for path in data.iterdir())

    assert token.encode() not in content


def record(data: Path, **further: str | None) -> None:
    addresses = {"address": URL, "tls_address": "https://127.0.0.1:8443", "proxy_address": None, **further}
    (data / RECORD).write_text(json.dumps(addresses))


def test_env_prints_what_a_shell_takes_as_it_stands(data: Path) -> None:
    record(data)
    printed = run("env", "acme", "--data", str(data)).output

    shell = subprocess.run(
        ["sh", "-eu", "-c", 'eval "$1"; env', "sh", printed],
        capture_output=True,
        text=True,
        check=True,
        env={},
    )

    variables = dict(line.split("=", 1) for line in shell.stdout.splitlines())
    expected = read(data, "env", "acme")
    assert expected == {name: variables[name] for name in expected}
    assert ("127.0.0.1:8443/hub", "48100000", f"{data.resolve()}/portal-ca.pem") == (
        expected["HUBAPI_DOMAIN_OVERRIDE"],
        expected["HUBSPOT_ACCOUNT_ID"],
        expected["NODE_EXTRA_CA_CERTS"],
    )
    assert all(line.startswith("export ") and 2 == len(shlex.split(line)) for line in printed.splitlines())


def test_env_gives_the_same_key_each_time_and_the_proxy_only_when_asked(data: Path) -> None:
    record(data, proxy_address="http://127.0.0.1:8480")

    plain, proxied = read(data, "env", "acme"), read(data, "env", "acme", "--proxy")

    assert {"HTTPS_PROXY": "http://127.0.0.1:8480", "NO_PROXY": "127.0.0.1,localhost"} == {
        name: proxied[name] for name in proxied.keys() - plain.keys()
    }
    assert plain == {name: proxied[name] for name in plain}


@pytest.mark.parametrize(
    ("tls", "words", "sentence"),
    [
        (None, (), "No portal with TLS runs on this data folder"),
        ("https://127.0.0.1:8443", ("--proxy",), "The portal runs without its proxy"),
    ],
)
def test_env_says_how_the_portal_must_be_started(
    data: Path, tls: str | None, words: tuple[str, ...], sentence: str
) -> None:
    record(data, tls_address=tls)

    result = run("env", "acme", *words, "--data", str(data))

    assert (1, "", True) == (result.exit_code, result.stdout, sentence in result.stderr)


def test_the_proxy_needs_tls(data: Path) -> None:
    result = run("serve", "--proxy-port", "0", "--data", str(data))

    assert (2, True) == (result.exit_code, "give --tls-port too" in result.output)
