"""`syncline doctor`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Command, as_json
from syncline.gateway.cli.output import heading, plain, show, table
from syncline.gateway.cli.seam import call


@click.command(cls=Command)
@click.argument("tenant", required=False)
@as_json
def doctor(tenant: str | None, as_json: bool) -> None:
    """Look for what hurts now or will soon, and say what helps.

    Looks at the public address and its TLS, the clock, the database, disk and permissions, and for each tenant (or
    the one named) at HubSpot, tokens, the identity provider's silence and what is held. Ends with 1 when something
    is bad, so that a monitor can run it.
    """
    result = call("doctor.run", tenant=tenant)
    show(result, as_json, _shown)
    if result["worst"] == "bad":
        click.get_current_context().exit(1)


def _shown(result: Mapping[str, Any]) -> None:
    rows = [(each["level"], each["tenant"], each["check"], each["says"]) for each in result["findings"]]
    table(("", "tenant", "what", "how it is"), rows)
    fixes = [each for each in result["findings"] if each["fix"]]
    if fixes:
        heading("What helps")
    for each in fixes:
        where = f"{each['tenant']}, {each['check']}" if each["tenant"] else each["check"]
        click.echo(f"  {plain(where)}: {plain(each['fix'])}")
