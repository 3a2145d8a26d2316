"""`syncline portal app …`: developer apps that accounts connect by OAuth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from syncline.clock import SystemClock
from syncline.portal import administration
from syncline.portal.cli.options import data_option, json_option, use
from syncline.portal.cli.output import facts, show, table


@click.group(no_args_is_help=True)
def app() -> None:
    """Register apps that connect to accounts by OAuth, and take them out again."""


@app.command()
@click.argument("account")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    required=True,
    metavar="URL",
    help="Where people are sent back to, compared exactly; may be repeated.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help="A scope every installer grants; may be repeated.",
)
@click.option(
    "--optional-scope", "optional_scopes", multiple=True, metavar="SCOPE", help="One that may be asked for."
)
@click.option("--name", default="Syncline", show_default=True, metavar="NAME", help="What the page calls it.")
@data_option
@json_option
def create(account: str, data: Path, as_json: bool, **given: Any) -> None:
    """Register an app in ACCOUNT; any account of the portal can connect it. The secret is shown this once."""
    result = use(data, lambda store: administration.create_app(store, SystemClock(), account, **given))
    show(result, as_json, _created)


@app.command("list")
@click.argument("account")
@data_option
@json_option
def list_apps(account: str, data: Path, as_json: bool) -> None:
    """List the apps registered in ACCOUNT."""
    show(use(data, lambda store: administration.list_apps(store, account)), as_json, _listed)


@app.command()
@click.argument("account")
@click.argument("client_id")
@data_option
@json_option
def uninstall(account: str, client_id: str, data: Path, as_json: bool) -> None:
    """Disconnect an app from ACCOUNT: all its tokens end."""
    result = use(data, lambda store: administration.uninstall_app(store, SystemClock(), account, client_id))
    show(result, as_json, lambda done: click.echo(f"{done['uninstalled']} is disconnected from {account}."))


def _created(result: Mapping[str, Any]) -> None:
    facts((label.replace("_", " "), value) for label, value in result.items())
    click.echo("\nCopy the client secret now, it is not shown again.")


def _listed(result: Mapping[str, Any]) -> None:
    columns = ("name", "client_id", "redirect_uris", "scopes", "optional_scopes")
    rows = [[entry[column] for column in columns] for entry in result["apps"]]
    heads = [column.replace("_", " ") for column in columns]
    table(heads, rows, empty="The account has registered no app.")
