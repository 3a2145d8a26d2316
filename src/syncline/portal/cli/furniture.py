"""`syncline portal permission-set …` and `syncline portal team …`: what users can be given."""

from __future__ import annotations

from pathlib import Path

import click

from syncline.clock import SystemClock
from syncline.portal import administration
from syncline.portal.cli.options import data_option, json_option, use
from syncline.portal.cli.output import facts, show


@click.group("permission-set", no_args_is_help=True)
def permission_set() -> None:
    """Make, rename and delete permission sets by hand. SET is a name or an id."""


@permission_set.command()
@click.argument("account")
@click.argument("name")
@click.option(
    "--seat", metavar="NAME", help="The paid seat it carries; the API then needs the billing scope."
)
@click.option("--super-admin", is_flag=True, help="It makes super admins.")
@data_option
@json_option
def add(account: str, name: str, seat: str | None, super_admin: bool, data: Path, as_json: bool) -> None:
    """Make a permission set."""
    result = use(
        data,
        lambda store: administration.add_permission_set(
            store, account, name, seat=seat, super_admin=super_admin
        ),
    )
    show(result, as_json, lambda made: facts(made.items()))


@permission_set.command()
@click.argument("account")
@click.argument("permission_set", metavar="SET")
@click.argument("new_name")
@data_option
@json_option
def rename(account: str, permission_set: str, new_name: str, data: Path, as_json: bool) -> None:
    """Rename a permission set; who has it keeps it."""
    result = use(
        data,
        lambda store: administration.rename_permission_set(store, account, permission_set, new_name),
    )
    show(result, as_json, lambda made: facts(made.items()))


@permission_set.command()
@click.argument("account")
@click.argument("permission_set", metavar="SET")
@data_option
@json_option
def delete(account: str, permission_set: str, data: Path, as_json: bool) -> None:
    """Delete a permission set; who had it is left with minimal permissions."""
    result = use(
        data,
        lambda store: administration.delete_permission_set(store, SystemClock(), account, permission_set),
    )
    show(result, as_json, lambda done: click.echo(f"{done['deleted']} is no longer in {account}."))


@click.group(no_args_is_help=True)
def team() -> None:
    """Make teams by hand."""


@team.command("add")
@click.argument("account")
@click.argument("name")
@click.option("--parent", metavar="TEAM", help="The team it lies below, by name or id.")
@data_option
@json_option
def add_team(account: str, name: str, parent: str | None, data: Path, as_json: bool) -> None:
    """Make a team."""
    result = use(
        data,
        lambda store: administration.add_team(store, SystemClock(), account, name, parent=parent),
    )
    show(result, as_json, lambda made: facts(made.items()))
