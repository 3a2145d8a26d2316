"""`syncline leavers …`: people past the deletion threshold, who wait for an operator's word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def leavers() -> None:
    """See who is staged because more people leave than usual, and let them go.

    Staged people still have access at HubSpot. Nobody staged ever goes by himself: release them, or take the change
    back in the directory.
    """


@leavers.command("list")
@tenant_argument
@as_json
def list_leavers(tenant: str, as_json: bool) -> None:
    """List the staged leavers."""
    show(call("leavers.list", tenant=tenant), as_json, _listed)


@leavers.command()
@tenant_argument
@click.argument("user", required=False)
@click.option("--all", "everybody", is_flag=True, help="Everybody who is staged.")
@as_json
def release(tenant: str, user: str | None, everybody: bool, as_json: bool) -> None:
    """Take the access of one staged leaver away now, or of all of them."""
    result = call("leavers.release", tenant=tenant, user=user, everybody=everybody)
    show(result, as_json, lambda told: say(f"{len(told['released'])} let go: {', '.join(told['released'])}."))


def _listed(result: Mapping[str, Any]) -> None:
    rows = [
        (each["email"], each["kind"], each["hold"]["sentence"] if each["hold"] else "")
        for each in result["leavers"]
    ]
    table(("e-mail", "would", "why it waits"), rows, empty="Nobody is staged.")
