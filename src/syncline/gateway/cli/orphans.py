"""`syncline orphans …`: people at HubSpot of whom the identity provider has never told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, paged, tenant_argument
from syncline.gateway.cli.output import more, say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def orphans() -> None:
    """See who is active at HubSpot and unknown to the identity provider.

    Nobody of them is ever changed by Syncline. Assign them in the identity provider, or remove them in HubSpot.
    """


@orphans.command("list")
@tenant_argument
@paged
@as_json
def list_orphans(tenant: str, limit: int, after: str | None, as_json: bool) -> None:
    """List them as the account was last read; protected people and other domains are only counted."""
    show(call("orphans.list", tenant=tenant, limit=limit, after=after), as_json, _listed)


def _listed(result: Mapping[str, Any]) -> None:
    rows = [
        (
            each["hubspot_id"],
            each["email"],
            each["first_name"],
            each["last_name"],
            ", ".join(each["permission_sets"]),
        )
        for each in result["orphans"]
    ]
    columns = ("HubSpot id", "e-mail", "first name", "last name", "permission sets")
    table(columns, rows, empty="Everybody active at HubSpot is known.")
    say(
        f"Not listed: {result['protected']} protected, {result['outside_domains']} outside the tenant's domains."
    )
    more(result)
