"""`syncline protect …`: people in HubSpot whom Syncline never touches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def protect() -> None:
    """Name people in HubSpot whom Syncline never touches.

    Super admins are protected without being named.
    """


@protect.command()
@tenant_argument
@click.argument("email")
@click.option("--reason", help="Why, for those who read the list later.")
@click.option("--until", metavar="DATE", help="The last day (2026-12-24, UTC); without it, for good.")
@as_json
def add(tenant: str, email: str, reason: str | None, until: str | None, as_json: bool) -> None:
    """Protect the HubSpot user with this e-mail."""
    result = call("protect.add", tenant=tenant, email=email, reason=reason, until=until)
    show(result, as_json, lambda _: say(f"{email} is protected."))


@protect.command("list")
@tenant_argument
@as_json
def list_protected(tenant: str, as_json: bool) -> None:
    """List the protected people."""
    show(call("protect.list", tenant=tenant), as_json, _listed)


@protect.command()
@tenant_argument
@click.argument("email")
@as_json
def remove(tenant: str, email: str, as_json: bool) -> None:
    """Let Syncline write to this person again."""
    result = call("protect.remove", tenant=tenant, email=email)
    show(result, as_json, _removed)


def _removed(result: Mapping[str, Any]) -> None:
    if result["protected"]:
        say(f"{result['email']} is protected until a second person gives the same command.")
    else:
        say(f"{result['email']} is no longer protected.")


def _listed(result: Mapping[str, Any]) -> None:
    rows = [
        (entry["email"], entry["reason"], entry["by"], entry["since"], _end(entry))
        for entry in result["protected"]
    ]
    table(
        ("e-mail", "reason", "by", "since", "until"),
        rows,
        empty="Nobody is named; super admins are protected anyway.",
    )


def _end(entry: Mapping[str, Any]) -> object:
    return "expired" if entry["expired"] else entry["until"]
