"""`syncline privileged …`: permission sets that are never given without approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def privileged() -> None:
    """Say which permission sets need approval for each person.

    Sets that come with a paid seat, and sets named like an administrator's, need it without being marked.
    """


@privileged.command("list")
@tenant_argument
@as_json
def list_privileged(tenant: str, as_json: bool) -> None:
    """List the privileged permission sets, and why each is one."""
    show(call("privileged.list", tenant=tenant), as_json, _listed)


@privileged.command()
@tenant_argument
@click.argument("permission_set")
@as_json
def mark(tenant: str, permission_set: str, as_json: bool) -> None:
    """Mark a permission set, by name or id, as privileged."""
    result = call("privileged.mark", tenant=tenant, permission_set=permission_set)
    show(result, as_json, lambda told: say(f"{told['permission_set']} needs approval from now on."))


@privileged.command()
@tenant_argument
@click.argument("permission_set")
@as_json
def unmark(tenant: str, permission_set: str, as_json: bool) -> None:
    """Take the mark of a permission set away."""
    result = call("privileged.unmark", tenant=tenant, permission_set=permission_set)
    show(result, as_json, _unmarked)


def _unmarked(result: Mapping[str, Any]) -> None:
    if result["marked"]:
        say(f"{result['permission_set']} stays marked until a second person gives the same command.")
    else:
        say(f"{result['permission_set']} is no longer marked.")


def _listed(result: Mapping[str, Any]) -> None:
    rows = [(each["name"], each["because"], each["id"]) for each in result["privileged"]]
    table(("permission set", "privileged because", "id"), rows, empty="No permission set is privileged.")
