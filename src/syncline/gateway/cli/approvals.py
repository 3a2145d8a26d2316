"""`syncline approvals …`: privileged permission sets that wait for an operator's word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def approvals() -> None:
    """See who would get a privileged permission set, and approve it.

    An approval holds for one person and one permission set, by its id, and is used up when it is carried out.
    """


@approvals.command("list")
@tenant_argument
@as_json
def list_approvals(tenant: str, as_json: bool) -> None:
    """List the privileged grants that wait."""
    show(call("approvals.list", tenant=tenant), as_json, _listed)


@approvals.command()
@tenant_argument
@click.argument("user", required=False)
@click.option("--all", "everybody", is_flag=True, help="Every grant that waits.")
@as_json
def grant(tenant: str, user: str | None, everybody: bool, as_json: bool) -> None:
    """Approve one person's privileged grant, or all that wait."""
    result = call("approvals.grant", tenant=tenant, user=user, everybody=everybody)
    show(result, as_json, lambda told: say(f"{len(told['granted'])} approved: {', '.join(told['granted'])}."))


def _listed(result: Mapping[str, Any]) -> None:
    rows = [
        (each["email"], each["permission_set"], each["hold"]["sentence"] if each["hold"] else "")
        for each in result["approvals"]
    ]
    table(("e-mail", "permission set", "why it waits"), rows, empty="Nothing waits for approval.")
