"""`syncline portal user …`: the people of an account, as a super admin sees and changes them in HubSpot."""

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
def user() -> None:
    """See and change the people of an account by hand. USER is an e-mail address or an id."""


@user.command("list")
@click.argument("account")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many.")
@click.option("--after", type=int, default=0, metavar="ID", help="Go on where an earlier page ended.")
@data_option
@json_option
def list_users(account: str, limit: int, after: int, data: Path, as_json: bool) -> None:
    """List the users of an account, active or not."""
    result = use(
        data,
        lambda store: administration.list_users(store, SystemClock(), account, limit=limit, after=after),
    )
    show(result, as_json, _listed)


@user.command("show")
@click.argument("account")
@click.argument("user")
@data_option
@json_option
def show_user(account: str, user: str, data: Path, as_json: bool) -> None:
    """Show one user."""
    result = use(data, lambda store: administration.show_user(store, SystemClock(), account, user))
    show(result, as_json, _shown)


@user.command()
@click.argument("account")
@click.option("--email", required=True, metavar="ADDRESS", help="Who it is.")
@click.option("--first-name", metavar="NAME")
@click.option("--last-name", metavar="NAME")
@click.option("--permission-set", metavar="NAME", help="By name or id.")
@click.option("--team", metavar="NAME", help="The primary team, by name or id.")
@click.option("--further-team", "further_teams", multiple=True, metavar="NAME", help="May be repeated.")
@click.option("--seat", "seats", multiple=True, metavar="NAME", help="A seat of their own; may be repeated.")
@data_option
@json_option
def add(account: str, data: Path, as_json: bool, **given: Any) -> None:
    """Add somebody by hand."""
    result = use(data, lambda store: administration.add_user(store, SystemClock(), account, **given))
    show(result, as_json, _shown)


@user.command("set")
@click.argument("account")
@click.argument("user")
@click.option("--first-name", metavar="NAME")
@click.option("--last-name", metavar="NAME")
@click.option("--permission-set", metavar="NAME", help='By name or id; "" for minimal permissions.')
@click.option("--team", metavar="NAME", help='The primary team, by name or id; "" for none.')
@click.option(
    "--further-team", "further_teams", multiple=True, metavar="NAME", help="All of them; may be repeated."
)
@click.option("--seat", "seats", multiple=True, metavar="NAME", help="All of their own; may be repeated.")
@data_option
@json_option
def change(
    account: str,
    user: str,
    further_teams: tuple[str, ...],
    seats: tuple[str, ...],
    data: Path,
    as_json: bool,
    **given: Any,
) -> None:
    """Change somebody by hand; what is not named stays. What SCIM manages is refused."""
    result = use(
        data,
        lambda store: administration.change_user(
            store,
            SystemClock(),
            account,
            user,
            further_teams=further_teams or None,
            seats=seats or None,
            **given,
        ),
    )
    show(result, as_json, _shown)


@user.command()
@click.argument("account")
@click.argument("user")
@data_option
@json_option
def deactivate(account: str, user: str, data: Path, as_json: bool) -> None:
    """Deactivate somebody by hand: no sign-in, the data stays."""
    result = use(
        data,
        lambda store: administration.set_access(store, SystemClock(), account, user, active=False),
    )
    show(result, as_json, _shown)


@user.command()
@click.argument("account")
@click.argument("user")
@data_option
@json_option
def reactivate(account: str, user: str, data: Path, as_json: bool) -> None:
    """Give somebody who was deactivated access again."""
    result = use(
        data,
        lambda store: administration.set_access(store, SystemClock(), account, user, active=True),
    )
    show(result, as_json, _shown)


@user.command()
@click.argument("account")
@click.argument("user")
@data_option
@json_option
def accept(account: str, user: str, data: Path, as_json: bool) -> None:
    """Let somebody accept the invitation now."""
    result = use(data, lambda store: administration.accept_invite(store, SystemClock(), account, user))
    show(result, as_json, _shown)


@user.command()
@click.argument("account")
@click.argument("user")
@data_option
@json_option
def remove(account: str, user: str, data: Path, as_json: bool) -> None:
    """Remove somebody from the account by hand."""
    result = use(data, lambda store: administration.remove_user(store, SystemClock(), account, user))
    show(result, as_json, lambda done: click.echo(f"{done['removed']} is no longer in {account}."))


@user.command()
@click.argument("account")
@click.argument("user")
@click.option("--password", metavar="TEXT", help="The password itself; left out, a random one is made.")
@data_option
@json_option
def password(account: str, user: str, password: str | None, data: Path, as_json: bool) -> None:
    """Set somebody's password for the portal's sign-in page, and show it."""
    result = use(data, lambda store: administration.set_password(store, account, user, password=password))
    show(result, as_json, lambda done: click.echo(f"{done['email']} signs in with {done['password']}"))


def _listed(result: Mapping[str, Any]) -> None:
    table(
        ("id", "e-mail", "name", "standing", "permission sets", "team", "SCIM"),
        [
            (
                entry["id"],
                entry["email"],
                " ".join(filter(None, (entry["first_name"], entry["last_name"]))),
                entry["standing"],
                entry["permission_sets"],
                entry["primary_team"],
                entry["scim"] == "managed",
            )
            for entry in result["users"]
        ],
        empty="The account has no users.",
    )
    if result["next"] is not None:
        click.echo(f"There is more: add --after {result['next']}")


def _shown(result: Mapping[str, Any]) -> None:
    facts((label.replace("_", " "), value) for label, value in result.items())
