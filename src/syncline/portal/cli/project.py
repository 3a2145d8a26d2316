"""`syncline portal project …`: developer projects, as HubSpot's `hs project` does it, without Node."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from syncline.clock import SystemClock
from syncline.portal import administration
from syncline.portal.cli.options import data_option, json_option, use
from syncline.portal.cli.output import facts, plain, show, table
from syncline.portal.cli.project_folder import read_folder, write_folder
from syncline.portal.domain.errors import HubSpotError, SetupError
from syncline.portal.domain.project import PLATFORM_VERSIONS, wrong_name, wrong_uid
from syncline.portal.domain.project_components import boilerplate_warnings, components_of
from syncline.portal.domain.project_source import pack, upload_request
from syncline.portal.domain.project_template import SCIM_PROJECT, project_files
from syncline.portal.program import DEFAULT_HOST, DEFAULT_PORT, recorded_address

_folder = click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")


@click.group(no_args_is_help=True)
def project() -> None:
    """Make a SCIM app as HubSpot's guide does: a project, uploaded, deployed, installed.

    The same projects work with HubSpot's own `hs project`; see `portal env`.
    """


@project.command()
@click.argument("name", default=SCIM_PROJECT)
@click.option("--dest", type=click.Path(path_type=Path), metavar="DIR", help="The folder to make (NAME).")
@click.option("--uid", metavar="UID", help="The app's uid, distinct within the account (NAME).")
@click.option("--role-sync/--no-role-sync", default=False, help="roleSyncEnabled of the scim component.")
@click.option(
    "--platform-version",
    type=click.Choice(PLATFORM_VERSIONS),
    default=PLATFORM_VERSIONS[0],
    show_default=True,
    help="HubSpot's platform version.",
)
def create(name: str, dest: Path | None, uid: str | None, role_sync: bool, platform_version: str) -> None:
    """Write a new project, ready to be uploaded, just as the guide has one edit it."""
    uid = uid or name.replace(" ", "-")
    if (wrong := wrong_name(name) or wrong_uid(uid)) is not None:
        raise click.ClickException(wrong)
    folder = dest or Path(name)
    files = project_files(name, uid=uid, role_sync=role_sync, platform_version=platform_version)
    write_folder(folder, files)
    for path in files:
        click.echo(f"  {folder / path}")
    click.echo(f"\nNext: syncline portal project upload ACCOUNT {plain(folder)}")


@project.command()
@_folder
@json_option
def validate(folder: Path, as_json: bool) -> None:
    """Check the project in FOLDER as an upload would, but for what only the account knows."""
    config, files = read_folder(folder)
    try:
        components = components_of(upload_request(config.name, files), files)
    except (SetupError, HubSpotError) as error:
        raise click.ClickException(str(error)) from None
    warnings = list(boilerplate_warnings(components))
    found = [{"uid": one.uid, "file": one.meta_file, "errors": list(one.errors)} for one in components]
    show({"project": config.name, "components": found, "warnings": warnings}, as_json, _validated)
    if any(one.errors for one in components):
        raise click.exceptions.Exit(1)


@project.command()
@click.argument("account")
@_folder
@click.option("--message", default="", metavar="TEXT", help="A note kept with the build.")
@click.option("--deploy/--no-deploy", default=True, help="Put the build to work at once.")
@data_option
@json_option
def upload(account: str, folder: Path, message: str, deploy: bool, data: Path, as_json: bool) -> None:
    """Build the project in FOLDER in ACCOUNT and deploy it; the project is made there if need be."""
    config, files = read_folder(folder)
    archive = pack(files)
    if not as_json:
        click.echo(f"Uploading {config.name} to {account} ({len(files)} files, {len(archive):,} bytes) …")
    try:
        request = upload_request(config.name, files, message=message, auto_deploy=deploy)
    except SetupError as error:
        raise click.ClickException(str(error)) from None
    result = use(
        data,
        lambda store: administration.upload_project(
            store,
            SystemClock(),
            account,
            request=request,
            platform_version=config.platform_version or PLATFORM_VERSIONS[0],
            archive=archive,
        ),
    )
    show(result, as_json, lambda built: _built(built, account))
    if result["status"] != "SUCCESS":
        raise click.exceptions.Exit(1)


@project.command()
@click.argument("account")
@click.argument("name")
@click.option(
    "--build", "build_id", type=int, metavar="NUMBER", help="The build (the latest that succeeded)."
)
@data_option
@json_option
def deploy(account: str, name: str, build_id: int | None, data: Path, as_json: bool) -> None:
    """Put a build of the project NAME to work."""
    result = use(
        data,
        lambda store: administration.deploy_project(store, SystemClock(), account, name, build_id=build_id),
    )
    show(result, as_json, _deployed)


@project.command("list")
@click.argument("account")
@data_option
@json_option
def list_projects(account: str, data: Path, as_json: bool) -> None:
    """List the projects of ACCOUNT."""
    show(use(data, lambda store: administration.list_projects(store, account)), as_json, _listed)


@project.command("show")
@click.argument("account")
@click.argument("name")
@data_option
@json_option
def show_project(account: str, name: str, data: Path, as_json: bool) -> None:
    """Show the project NAME: its builds, its app, what is deployed."""
    address = _address(data)
    result = use(data, lambda store: administration.show_project(store, account, name, address=address))
    show(result, as_json, _shown)


@project.command("open")
@click.argument("account")
@click.argument("name")
@data_option
def open_project(account: str, name: str, data: Path) -> None:
    """Open the project's page in the browser, and print its address."""
    address = _address(data)
    result = use(data, lambda store: administration.show_project(store, account, name, address=address))
    click.echo(result["url"])
    click.launch(result["url"])


@project.command()
@click.argument("account")
@click.argument("name")
@data_option
@json_option
def install(account: str, name: str, data: Path, as_json: bool) -> None:
    """Install the app of the project NAME in ACCOUNT, and show its token and the tenant URL."""
    address = _address(data)
    result = use(
        data,
        lambda store: administration.install_project(store, SystemClock(), account, name, address=address),
    )
    show(result, as_json, _token)


@project.command()
@click.argument("account")
@click.argument("name")
@click.option("--rotate", is_flag=True, help="Make a new one first; the one before ends at once.")
@data_option
@json_option
def token(account: str, name: str, rotate: bool, data: Path, as_json: bool) -> None:
    """Show the token of an installed app again, with the tenant URL."""
    address = _address(data)
    if rotate:
        result = use(
            data,
            lambda store: administration.rotate_token(store, SystemClock(), account, name, address=address),
        )
    else:
        result = use(data, lambda store: administration.show_token(store, account, name, address=address))
    show(result, as_json, _token)


@project.command()
@click.argument("account")
@click.argument("name")
@data_option
@json_option
def uninstall(account: str, name: str, data: Path, as_json: bool) -> None:
    """Take the app of the project NAME out of ACCOUNT; its token ends."""
    result = use(data, lambda store: administration.uninstall_project(store, SystemClock(), account, name))
    show(result, as_json, lambda done: click.echo(f"{done['uninstalled']} is no longer in {account}."))


@project.command()
@click.argument("account")
@click.argument("name")
@data_option
@json_option
def delete(account: str, name: str, data: Path, as_json: bool) -> None:
    """Delete the project NAME with its builds and its app; the app's token ends."""
    result = use(data, lambda store: administration.delete_project(store, SystemClock(), account, name))
    show(result, as_json, lambda done: click.echo(f"{done['deleted']} is no longer in {account}."))


def _address(data: Path) -> str:
    return recorded_address(data) or f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"


def _validated(result: Mapping[str, Any]) -> None:
    for component in result["components"]:
        click.echo(f"  {plain(component['file'])}  {'not valid' if component['errors'] else 'valid'}")
        for error in component["errors"]:
            click.echo(f"    {plain(error)}")
    _warn(result["warnings"])


def _built(result: Mapping[str, Any], account: str) -> None:
    click.echo(f"Building {result['project']} #{result['build']} …")
    for component in result["components"]:
        click.echo(f"  [{component['type']}] {component['uid']}  {component['status'].lower()}")
        for error in component["errors"]:
            click.echo(f"    {plain(error)}")
    if result["status"] != "SUCCESS":
        click.echo(f"Build #{result['build']} failed. Nothing was deployed.")
        return
    if result["deploy"] is None:
        click.echo(f"\nNext: syncline portal project deploy {account} {result['project']}")
        return
    click.echo(f"Deployed build #{result['build']} of {result['project']}.")
    _warn(result["warnings"])
    click.echo(f"\nNext: syncline portal project install {account} {result['project']}")


def _deployed(result: Mapping[str, Any]) -> None:
    click.echo(f"Deployed build #{result['build']} of {result['project']}.")
    for component in result["components"]:
        click.echo(f"  {component['action'].lower()}  {component['uid']}")
    _warn(result["warnings"])


def _warn(warnings: list[str]) -> None:
    for warning in warnings:
        click.echo(f"Note: {plain(warning)}")


def _listed(result: Mapping[str, Any]) -> None:
    columns = ("id", "name", "deployed_build", "last_build", "installed", "scim", "role_sync_enabled")
    rows = [[entry[column] for column in columns] for entry in result["projects"]]
    heads = [column.replace("_", " ") for column in columns]
    table(heads, rows, empty="The account has no project yet: syncline portal project create")


def _shown(result: Mapping[str, Any]) -> None:
    labels = ("id", "name", "deployed_build", "installed", "scim", "role_sync_enabled", "url")
    facts((label.replace("_", " "), result[label]) for label in labels)
    columns = ("build", "status", "deployed", "message", "created_at")
    rows = [[build[column] for column in columns] for build in result["builds"]]
    table(columns, rows, empty="No build yet.")


def _token(result: Mapping[str, Any]) -> None:
    facts(
        (
            ("App", f"{result['app']} ({result['app_id']})"),
            ("Access token", result["token"]),
            ("Tenant URL", result.get("tenant_url")),
        )
    )
    click.echo("\nBoth go into your identity provider. `portal project token` shows them again.")
