"""HubSpot's SCIM guide from the command line: the project, its files, the upload, and what follows over SCIM."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from syncline.portal.cli import portal
from tests.integration.portal.conftest import World
from tests.integration.portal.test_cli import read, run

APP, SCIM = "src/app/app-hsmeta.json", "src/app/scim/scim-hsmeta.json"
SCOPES = ["crm.objects.users.read", "crm.objects.users.write", "settings.users.read", "settings.users.write"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def project(data: Path, tmp_path: Path) -> Path:
    """A new project, and the account acme to upload it to."""
    read(data, "account", "create", "acme", "--domain", "acme.example")
    return make(data, tmp_path / "scim-app")


def make(data: Path, folder: Path, name: str = "scim-app", *options: str) -> Path:
    made = run_here("project", "create", name, "--dest", str(folder), *options)
    assert 0 == made.exit_code, made.output
    return folder


def run_here(*arguments: str) -> Result:
    """Run a command that takes no data folder."""
    return CliRunner().invoke(portal, list(arguments))


def edit(file: Path, change: Callable[[Any], object]) -> None:
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))


def upload(data: Path, folder: Path) -> Result:
    return run(data, "project", "upload", "acme", str(folder))


def test_a_new_project_has_the_files_and_the_content_of_the_guide(project: Path) -> None:
    app, scim = json.loads((project / APP).read_text()), json.loads((project / SCIM).read_text())

    assert ("app", "private", "static") == (
        app["type"],
        app["config"]["distribution"],
        app["config"]["auth"]["type"],
    )
    assert SCOPES == sorted(app["config"]["auth"]["requiredScopes"])
    assert ("scim", {"roleSyncEnabled": False}) == (scim["type"], scim["config"])


@pytest.mark.parametrize(
    "change",
    [
        lambda app: app.update(uid="another-uid"),
        lambda app: app["config"].update(name="Another name"),
        lambda app: app["config"].update(description="Another description"),
    ],
    ids=["uid", "name", "description"],
)
def test_uid_name_and_description_of_the_app_may_be_changed(
    data: Path, project: Path, change: Callable[[Any], object]
) -> None:
    edit(project / APP, change)

    assert 0 == upload(data, project).exit_code


@pytest.mark.parametrize(
    "change",
    [
        lambda app: app["config"].update(distribution="marketplace"),
        lambda app: app["config"]["auth"].update(type="oauth"),
        lambda app: app["config"]["auth"]["optionalScopes"].append("settings.users.teams.read"),
        lambda app: app.update(type="application"),
    ],
    ids=["distribution", "auth", "an optional scope", "type"],
)
def test_all_other_fields_of_the_app_stay_as_they_are(
    data: Path, project: Path, change: Callable[[Any], object]
) -> None:
    edit(project / APP, change)

    result = upload(data, project)

    assert 1 == result.exit_code
    listed = read(data, "project", "list", "acme")["projects"]
    assert [] == [one for one in listed if one["deployed_build"] is not None]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda scopes: scopes.remove("settings.users.write"), "settings.users.write"),
        (lambda scopes: scopes.append("crm.objects.contacts.read"), "crm.objects.contacts.read"),
    ],
    ids=["one less", "one more"],
)
def test_other_scopes_than_the_guides_are_warned_of_by_name(
    data: Path, project: Path, change: Callable[[Any], object], says: str
) -> None:
    edit(project / APP, lambda app: change(app["config"]["auth"]["requiredScopes"]))

    result = upload(data, project)

    assert 0 == result.exit_code
    assert says in result.output


def test_the_uid_of_an_app_is_distinct_within_the_account(data: Path, project: Path, tmp_path: Path) -> None:
    upload(data, project)
    second = make(data, tmp_path / "second", "second", "--uid", "scim-app")
    shutil.rmtree(second / "src/app/scim")

    result = upload(data, second)

    assert 1 == result.exit_code
    assert "The uid scim-app is taken by an app of another project of this account" in result.output


def test_the_uid_of_the_scim_component_is_any_and_its_type_is_scim(data: Path, project: Path) -> None:
    edit(project / SCIM, lambda scim: scim.update(uid="my.Own_uid-1"))
    taken = upload(data, project)
    edit(project / SCIM, lambda scim: scim.update(type="scimming"))
    refused = run_here("project", "validate", str(project))

    assert (0, 1) == (taken.exit_code, refused.exit_code)


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_role_sync_enabled_is_a_boolean(data: Path, project: Path, value: object) -> None:
    edit(project / SCIM, lambda scim: scim["config"].update(roleSyncEnabled=value))

    result = upload(data, project)

    assert 1 == result.exit_code
    assert "roleSyncEnabled" in result.output


def test_role_sync_enabled_is_false_unless_it_is_given_and_takes_effect_with_the_next_upload(
    data: Path, project: Path
) -> None:
    def enabled() -> Any:
        return read(data, "project", "show", "acme", "scim-app")["role_sync_enabled"]

    edit(project / SCIM, lambda scim: scim["config"].clear())
    upload(data, project)
    absent = enabled()
    edit(project / SCIM, lambda scim: scim["config"].update(roleSyncEnabled=True))
    upload(data, project)

    assert (False, True) == (absent, enabled())
    assert True is read(data, "account", "show", "acme")["role_sync_in_force"]


def test_a_second_scim_app_is_refused_and_the_first_stays(data: Path, project: Path, tmp_path: Path) -> None:
    upload(data, project)

    result = upload(data, make(data, tmp_path / "second", "second"))

    assert 1 == result.exit_code
    assert "There is a limit of one SCIM app in a HubSpot account" in result.output
    scim = {one["name"]: one["scim"] for one in read(data, "project", "list", "acme")["projects"]}
    assert True is scim["scim-app"]
    assert True not in [is_scim for name, is_scim in scim.items() if name != "scim-app"]


def test_opening_the_project_leads_to_its_details_page(
    data: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("click.launch", lambda address: opened.append(address))
    upload(data, project)
    portal_id = read(data, "account", "show", "acme")["portal_id"]

    result = run(data, "project", "open", "acme", "scim-app")

    page = f"http://127.0.0.1:8090/developer-projects/{portal_id}/project/scim-app"
    assert (f"{page}\n", [page]) == (result.output, opened)


def test_a_scim_app_needs_professional_or_enterprise(data: Path, project: Path) -> None:
    read(data, "account", "set", "acme", "--tier", "starter")
    starter = upload(data, project)
    read(data, "account", "set", "acme", "--tier", "professional")
    professional = upload(data, project)

    assert (1, 0) == (starter.exit_code, professional.exit_code)
    assert "SCIM needs a HubSpot Professional or Enterprise account; this one is Starter." in starter.output


def test_installing_needs_single_sign_on(data: Path, project: Path) -> None:
    read(data, "account", "set", "acme", "--no-sso")
    upload(data, project)
    without = run(data, "project", "install", "acme", "scim-app")
    read(data, "account", "set", "acme", "--sso")
    installed = read(data, "project", "install", "acme", "scim-app")

    assert 1 == without.exit_code
    assert "SCIM needs single sign-on, which is off." in without.output
    assert "http://127.0.0.1:8090/scim/v2" == installed["tenant_url"]


async def test_bought_seats_come_with_the_permission_set_that_carries_them(
    world: World, tmp_path: Path
) -> None:
    def command(*arguments: str) -> Any:
        return asyncio.to_thread(read, tmp_path, *arguments)

    await command("account", "set", "acme", "--seats", "Sales Hub=1")
    await command("permission-set", "add", "acme", "Closer", "--seat", "Sales Hub")

    await world.provision("ada@acme.example", "Closer")

    user = await command("user", "show", "acme", "ada@acme.example")
    assert (["Closer"], ["Sales Hub"]) == (user["permission_sets"], user["seats"])
    seats = (await command("account", "show", "acme"))["seats"]
    assert {"name": "Sales Hub", "purchased": 1, "used": 1} in seats


async def test_somebody_deleted_in_hubspot_comes_back_under_the_same_id_when_the_idp_sends_them_again(
    world: World, tmp_path: Path
) -> None:
    created = await world.provision("ada@acme.example")
    await asyncio.to_thread(run, tmp_path, "user", "remove", "acme", "ada@acme.example")

    assert 404 == (await world.scim.get(f"/Users/{created['id']}")).status
    again = await world.provision("ada@acme.example")
    assert created["id"] == again["id"]
