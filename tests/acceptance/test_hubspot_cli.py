"""HubSpot's own command line, unmodified, follows HubSpot's SCIM guide at a portal of ours."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syncline.portal.domain.project_template import project_files
from tests.docs.repository import ROOT
from tests.support.hubspot_cli import HubSpotCli, Printed, installed
from tests.support.patience import PATIENCE_SECONDS
from tests.support.programs import Syncline

CREATE = (
    "project", "create", "--platform-version", "2025.2", "--name", "scim-app", "--dest", "scim-app",
    "--project-base", "app", "--distribution", "private", "--auth", "static", "--features", "scim",
)  # fmt: skip
SCIM_FILE = "src/app/scim/scim-hsmeta.json"
APP_FILE = "src/app/app-hsmeta.json"


@pytest.fixture
def syncline(tmp_path: Path) -> Iterator[Syncline]:
    """Serve a portal with TLS, the proxy and the account acme, which has no SCIM app yet."""
    program = Syncline(tmp_path / "data")
    with program.portal("--tls-port", "0", "--proxy-port", "0"):
        program.json("portal", "account", "create", "acme")
        yield program


@pytest.fixture
def hs(syncline: Syncline, tmp_path: Path) -> HubSpotCli:
    """HubSpot's command line under the exports of `syncline portal env acme`."""
    node, program = installed()
    home = tmp_path / "home"
    home.mkdir()
    return HubSpotCli(program, node, home, syncline.json("portal", "env", "acme"))


def howto() -> list[str]:
    """Return the commands of the how-to, block by block."""
    page = (ROOT / "docs" / "howto" / "hubspot-scim-from-zero.md").read_text()
    return re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def as_script() -> str:
    """Return the how-to's commands with free ports; what a person copies by hand is copied by the shell."""
    blocks = howto()
    text = "set -eu\n" + "".join(blocks)
    replaced = {
        "--tls-port 8443 --proxy-port 8480 &": (
            "--port 0 --tls-port 0 --proxy-port 0 >portal.log 2>&1 &\n"
            "until [ -e data/portal.json ]; do sleep 0.1; done"
        ),
        "syncline portal project token acme scim-app\n": (
            "syncline portal project token acme scim-app --json >token.json\n"
            + "".join(
                f"{variable}=$({sys.executable} -c \"import json; print(json.load(open('token.json'))['{key}'])\")\n"
                for variable, key in (("TOKEN", "token"), ("TENANT_URL", "tenant_url"))
            )
        ),
        "syncline portal user list acme": "syncline portal user list acme --json >users.json",
    }
    for words, instead in replaced.items():
        assert 1 == text.count(words), words
        text = text.replace(words, instead)
    return text


def test_the_howto_followed_word_by_word_ends_with_people_at_hubspot(tmp_path: Path) -> None:
    node, program = installed()
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "hs").write_text(f'#!/bin/sh\nexec "{node}" "{program}" "$@"\n')
    (programs / "hs").chmod(0o755)
    path = f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = subprocess.Popen(
        ["bash", "-c", as_script()],
        cwd=tmp_path,
        env={"PATH": path, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        os.killpg(process.pid, signal.SIGTERM)

    assert 0 == process.returncode, output
    users = json.loads((tmp_path / "scim-app" / "users.json").read_text())["users"]
    assert 1 + 3 == len(users)


def switch_role_sync(project: Path, value: Any) -> None:
    component = json.loads((project / SCIM_FILE).read_bytes())
    component["config"]["roleSyncEnabled"] = value
    (project / SCIM_FILE).write_text(json.dumps(component))


def follow_the_guide(project: Path) -> None:
    """Replace the app's boilerplate by what the guide says, under the uid it has."""
    (project / APP_FILE).write_bytes(project_files("scim-app", uid="scim-app")[APP_FILE])


def provision(shown: dict[str, Any], email: str) -> Any:
    """Create a manager by SCIM with what the identity provider was given."""
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": email,
        "roles": [{"value": "Manager"}],
    }
    request = urllib.request.Request(
        f"{shown['tenant_url']}/Users",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {shown['token']}", "Content-Type": "application/scim+json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        return json.load(answer)


def permission_sets(syncline: Syncline, email: str) -> Any:
    return syncline.json("portal", "user", "show", "acme", email)["permission_sets"]


def test_a_project_lives_from_its_boilerplate_to_its_deletion(
    syncline: Syncline, hs: HubSpotCli, tmp_path: Path
) -> None:
    project = tmp_path / "scim-app"
    proxied = syncline.json("portal", "env", "acme", "--proxy")

    authenticated = hs.run(
        "account", "auth", f"--personal-access-key={hs.environment['HUBSPOT_PERSONAL_ACCESS_KEY']}",
        "--use-default-name", folder=tmp_path,
    )  # fmt: skip
    assert (0, True) == (authenticated.status, "Connected account acme" in authenticated.text)

    created = hs.run(*CREATE, "--use-env", folder=tmp_path, **proxied)
    assert (0, True) == (created.status, "successfully created" in created.text)
    assert ["scim_app_app", "scim_app_scim"] == [
        json.loads((project / path).read_bytes())["uid"] for path in (APP_FILE, SCIM_FILE)
    ]

    boilerplate = hs.run("project", "upload", "--use-env", "--force", folder=project)
    assert (0, True) == (boilerplate.status, "Deployed build #1" in boilerplate.text)
    assert "is not yet what HubSpot's SCIM guide tells you to put there" in boilerplate.text

    follow_the_guide(project)
    uploaded = hs.run(
        "project", "upload", "--use-env", "--force", "--message", "as the guide", folder=project
    )
    assert (0, True, False) == (
        uploaded.status,
        "Deployed build #2" in uploaded.text,
        "SCIM guide" in uploaded.text,
    )

    builds = hs.run("project", "list-builds", "--use-env", folder=project)
    assert "#2 [deployed]" in builds.text
    assert "scim-app" in hs.run("project", "list", "--use-env", folder=project).text
    opened = hs.run("project", "open", "--use-env", folder=project)
    assert (0, True) == (opened.status, 'Successfully opened "scim-app"' in opened.text)

    assert 2 == hs.run("project", "app-install-status", "--use-env", folder=project).status
    install = hs.run("project", "install-app", "--force", "--use-env", folder=project)
    assert (0, True) == (install.status, "installed in" in install.text)
    assert 0 == hs.run("project", "app-install-status", "--use-env", "--json", folder=project).status

    shown = syncline.json("portal", "project", "token", "acme", "scim-app")
    assert "eve@acme.example" == provision(shown, "eve@acme.example")["userName"]
    assert [] == permission_sets(syncline, "eve@acme.example")

    switch_role_sync(project, True)
    built = hs.run("project", "upload", "--use-env", "--force", "--skip-auto-deploy", folder=project)
    assert (0, True) == (built.status, "Auto-deploy was skipped" in built.text)
    provision(shown, "ben@acme.example")
    assert [] == permission_sets(syncline, "ben@acme.example")

    deployed = hs.run("project", "deploy", "--use-env", "--build-id", "3", folder=project)
    assert (0, True) == (deployed.status, "Deployed build #3" in deployed.text)
    provision(shown, "ann@acme.example")
    assert ["Manager"] == permission_sets(syncline, "ann@acme.example")

    users = hs.run("api", "/settings/v3/users", "--use-env", folder=project)
    assert "ann@acme.example" in users.text

    deleted = hs.run(
        "project", "delete", "--project-name", "scim-app", "--force", "--use-env", folder=project
    )
    assert (0, True) == (deleted.status, "scim-app" in deleted.text)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        provision(shown, "tom@acme.example")


def test_what_an_account_refuses_is_printed_in_its_words(
    syncline: Syncline, hs: HubSpotCli, tmp_path: Path
) -> None:
    project, second = tmp_path / "first", tmp_path / "second"
    syncline.run("portal", "project", "create", "first", "--dest", str(project))
    switch_role_sync(project, "yes")

    invalid = hs.run("project", "validate", "--use-env", folder=project)
    assert (1, True) == (
        invalid.status,
        "Value (yes) in config.roleSyncEnabled: must be boolean" in invalid.text,
    )

    switch_role_sync(project, False)
    assert 0 == hs.run("project", "upload", "--use-env", "--force", folder=project).status

    shutil.copytree(project, second)
    (second / "hsproject.json").write_text((second / "hsproject.json").read_text().replace("first", "second"))
    (second / APP_FILE).write_text(
        (second / APP_FILE).read_text().replace('"uid": "first"', '"uid": "second"')
    )
    refused = hs.run("project", "upload", "--use-env", "--force", folder=second)
    assert (1, True) == (
        refused.status,
        "There is a limit of one SCIM app in a HubSpot account, and the project first of this account has it"
        in refused.text,
    )

    stranger = hs.run(
        "project", "list", "--use-env", folder=project, HUBSPOT_PERSONAL_ACCESS_KEY="pak-na1-stranger"
    )
    assert (1, True) == (stranger.status, "not one of this portal" in stranger.text)


def test_hs_init_writes_its_configuration(syncline: Syncline, hs: HubSpotCli, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    key = hs.environment["HUBSPOT_PERSONAL_ACCESS_KEY"]

    done = _typed(
        hs,
        "init",
        folder,
        [("Enter your personal access key", f"{key}\r"), ("unique name to reference", "\r")],
    )

    assert 0 == done.status, done.text
    assert "defaultPortal: acme" in (folder / "hubspot.config.yml").read_text()


def _typed(hs: HubSpotCli, command: str, folder: Path, answers: list[tuple[str, str]]) -> Printed:
    """Run a command on a terminal and type an answer each time its question appears."""
    asked = ("HUBSPOT_ACCOUNT_ID", "HUBSPOT_PERSONAL_ACCESS_KEY", "CI")
    variables = {name: value for name, value in hs.variables.items() if name not in asked}
    process, terminal = pty.fork()
    if process == 0:  # pragma: no cover - another process
        os.chdir(folder)
        os.execve(hs.node, [str(hs.node), str(hs.program), command], variables)
    said, deadline = "", time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 1)[0]:
            try:
                piece = os.read(terminal, 65_536)
            except OSError:  # Linux says so when the other side has closed
                break
            if not piece:
                break
            said += piece.decode(errors="replace")
        if answers and answers[0][0] in said:
            os.write(terminal, answers.pop(0)[1].encode())
    os.close(terminal)
    return Printed(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), said)
