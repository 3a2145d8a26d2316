"""`syncline seats …`: the seats of the HubSpot account, and how many are free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def seats() -> None:
    """See the seats of the HubSpot account, and how many are free.

    Rules give seats (`rule add --seat`); Syncline never buys one. Whoever finds none free waits, and is delivered when
    one is.
    """


@seats.command("list")
@tenant_argument
@as_json
def list_seats(tenant: str, as_json: bool) -> None:
    """Read the seats now: how many are free, which rules give them, how many people wait.

    From the first time on they are read with every reading of the account. The credential needs the scope
    settings.billing.write.
    """
    show(call("seats.list", tenant=tenant), as_json, _listed)


def _listed(result: Mapping[str, Any]) -> None:
    rows = [
        (
            each["name"],
            "any number" if each["remaining"] is None else each["remaining"],
            ", ".join(each["rules"]),
            each["description"],
        )
        for each in result["seats"]
    ]
    table(("seat", "free", "given by rules", "description"), rows, empty="The account has no seats.")
    waiting = result["waiting"]
    if waiting:
        say(f"People waiting for a seat: {waiting}. Free or buy some in HubSpot; they are delivered then.")
