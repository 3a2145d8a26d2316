"""`syncline portal account …`: open rehearsal accounts, show and change them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from syncline.clock import SystemClock
from syncline.portal import administration
from syncline.portal.cli.options import data_option, json_option, use
from syncline.portal.cli.output import facts, show, table
from syncline.portal.domain.account import Tier
from syncline.portal.program import DEFAULT_HOST, DEFAULT_PORT, recorded_address

F = TypeVar("F", bound=Callable[..., Any])


@click.group(no_args_is_help=True)
def account() -> None:
    """Open rehearsal accounts, show and change them."""


def _settings(command: F) -> F:
    """Add the settings an account is opened with and can be given later."""
    options = (
        click.option("--tier", type=click.Choice([tier.value for tier in Tier]), help="The subscription."),
        click.option("--sso/--no-sso", default=None, help="Single sign-on, without which SCIM is refused."),
        click.option(
            "--role-sync/--no-role-sync",
            default=None,
            help="Permission-set management: SCIM roles choose permission sets by name.",
        ),
        click.option(
            "--seats-pricing/--no-seats-pricing",
            default=None,
            help="Seats-based pricing: a user's seat is set first, permission sets bring none.",
        ),
        click.option(
            "--invites", metavar="at-once|never|MINUTES", help="When invitations by the API are accepted."
        ),
        click.option("--time-zone", metavar="NAME", help="Where the day of the daily limit begins."),
        click.option(
            "--domain", "domains", multiple=True, metavar="DOMAIN", help="A verified domain; may be repeated."
        ),
        click.option(
            "--flag",
            "flags",
            multiple=True,
            metavar="NAME=VALUE",
            callback=_pairs,
            help="Behaviour HubSpot leaves undocumented; docs/reference/assumptions.md lists the flags.",
        ),
        click.option(
            "--seats",
            multiple=True,
            metavar="NAME=NUMBER|unlimited",
            callback=_pairs,
            help="How many seats of a kind are bought; may be repeated.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _pairs(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise click.BadParameter(f"write {wrong[0]}=VALUE")
    return {name: value for name, _, value in pairs}


@account.command()
@click.argument("name")
@click.option(
    "--with-scim",
    is_flag=True,
    help="Upload a project with the account's SCIM app, install it and show its token.",
)
@click.option(
    "--scope", "scopes", multiple=True, metavar="SCOPE", help="A further scope of the access token."
)
@_settings
@data_option
@json_option
def create(name: str, data: Path, as_json: bool, **given: Any) -> None:
    """Open an account, by default Enterprise with SSO, a verified domain and role sync.

    It has six permission sets, four teams and one super admin. Copy the credentials; of them, only the SCIM token is
    shown again (`portal project token`).
    """
    address = recorded_address(data) or f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
    result = use(
        data,
        lambda store: administration.open_account(store, SystemClock(), name=name, address=address, **given),
    )
    show(result, as_json, _created)


@account.command("list")
@data_option
@json_option
def list_accounts(data: Path, as_json: bool) -> None:
    """List the accounts."""
    show(use(data, administration.list_accounts), as_json, _listed)


@account.command("show")
@click.argument("name")
@data_option
@json_option
def show_account(name: str, data: Path, as_json: bool) -> None:
    """Show an account: settings, domains, permission sets, teams, flags."""
    result = use(data, lambda store: administration.show_account(store, name))
    show(result, as_json, _shown)


@account.command("set")
@click.argument("name")
@_settings
@data_option
@json_option
def change(name: str, data: Path, as_json: bool, **given: Any) -> None:
    """Change settings of an account; what is not named stays."""
    result = use(data, lambda store: administration.change_account(store, SystemClock(), name, **given))
    show(result, as_json, _shown)


def _created(result: Mapping[str, Any]) -> None:
    facts(
        (
            ("Account", f"{result['name']} ({result['portal_id']})"),
            ("API address", result["base_url"]),
            ("Access token", result["access_token"]),
            ("Personal access key", result["personal_access_key"]),
            ("Super admin's password", result["admin_password"]),
            ("SCIM address", result.get("scim_base_url")),
            ("SCIM token", result.get("scim_token")),
        )
    )
    click.echo("\nCopy the credentials now, they are not shown again (but for the SCIM token).")


def _listed(result: Mapping[str, Any]) -> None:
    columns = ("portal_id", "name", "tier", "users")
    rows = [[entry[column] for column in columns] for entry in result["accounts"]]
    heads = [column.replace("_", " ") for column in columns]
    table(heads, rows, empty="There is no account yet: syncline portal account create NAME")


def _shown(result: Mapping[str, Any]) -> None:
    labels = (
        "portal_id",
        "name",
        "tier",
        "sso",
        "role_sync",
        "seats_pricing",
        "invites",
        "time_zone",
        "domains",
        "users",
    )
    facts((label.replace("_", " "), result[label]) for label in labels)
    table(
        ("permission set", "id", "seat", "super admin"),
        [(one["name"], one["id"], one["seat"], one["super_admin"]) for one in result["permission_sets"]],
        empty="No permission sets.",
    )
    table(("team", "id"), [(one["name"], one["id"]) for one in result["teams"]], empty="No teams.")
    table(
        ("seat", "bought", "taken"),
        [
            (seat["name"], "unlimited" if seat["purchased"] is None else seat["purchased"], seat["used"])
            for seat in result["seats"]
        ],
        empty="No seats.",
    )
    table(("flag", "value"), result["flags"].items(), empty="")
