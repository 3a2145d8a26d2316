"""`syncline operator …`: who may use the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, paged
from syncline.gateway.cli.output import advise, facts, heading, more, say, show, table
from syncline.gateway.cli.seam import call

_ROLES = click.Choice(["owner", "administrator", "approver", "auditor", "viewer"])
_tenant = click.option("--tenant", metavar="TENANT", help="For this tenant only, not for all.")


@click.group(cls=Noun)
def operator() -> None:
    """Let people into the console, and say what each of them may do.

    owner: everything, operators included. administrator: everything but operators. approver: sees, and approves.
    auditor: sees, and reads who changed what. viewer: sees.
    """


@operator.command("list")
@paged
@as_json
def list_operators(limit: int, after: str | None, as_json: bool) -> None:
    """List operators with their roles, and the invitations that are open."""
    show(call("operator.list", limit=limit, after=after), as_json, _listed)


@operator.command()
@click.argument("email")
@click.option("--role", type=_ROLES, default="viewer", show_default=True, help="What he will be.")
@_tenant
@as_json
def invite(email: str, role: str, tenant: str | None, as_json: bool) -> None:
    """Make a one-time link for somebody, good for seven days."""
    show(call("operator.invite", email=email, role=role, tenant=tenant), as_json, _link)


@operator.command()
@click.argument("email", required=False)
@as_json
def link(email: str | None, as_json: bool) -> None:
    """Make the one-time link that creates the first owner; with EMAIL, one for that operator's new password."""
    show(call("operator.link", email=email), as_json, _link)


@operator.command()
@click.argument("email")
@click.argument("role", type=click.Choice([*_ROLES.choices, "none"]))
@_tenant
@as_json
def role(email: str, role: str, tenant: str | None, as_json: bool) -> None:
    """Give an operator a role, for all tenants or for one; `none` takes it."""
    wanted = None if role == "none" else role
    show(call("operator.role", operator=email, role=wanted, tenant=tenant), as_json, _roles)


@operator.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def remove(email: str, yes: bool, as_json: bool) -> None:
    """Remove an operator: he is signed out, and the API keys and invitations he made end."""
    if not yes:
        click.confirm(f"Remove {email}?", abort=True, err=True)
    result = call("operator.remove", operator=email)
    show(result, as_json, lambda _: say(f"{result['email']} is removed."))


def _listed(result: Mapping[str, Any]) -> None:
    rows = [
        (each["email"], each["name"], _words(each["roles"]), each["last_signed_in_at"])
        for each in result["operators"]
    ]
    nobody = "There is no operator yet: syncline operator link"
    table(("e-mail", "name", "roles", "last signed in"), rows, empty=nobody)
    if result["invitations"]:
        heading("Open invitations")
        table(
            ("id", "for", "made by", "ends"),
            [
                (each["invitation"], each["email"] or each["kind"], each["created_by"], each["expires_at"])
                for each in result["invitations"]
            ],
        )
    more(result)


def _words(roles: list[Mapping[str, Any]]) -> str:
    return ", ".join(f"{each['role']} of {each['tenant'] or 'all tenants'}" for each in roles) or "none"


def _roles(result: Mapping[str, Any]) -> None:
    say(f"{result['email']}: {_words(result['roles'])}")


def _link(result: Mapping[str, Any]) -> None:
    facts([("For", result["email"]), ("Link", result["link"]), ("Ends", result["expires_at"])])
    advise("Copy the link now, it is not shown again. It works once.")
