"""`syncline role …`: the permission set of those whom no rule matches."""

from __future__ import annotations

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import say, show
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def role() -> None:
    """Choose the permission set of new users whom no rule matches.

    The default role is for users Syncline creates; people already in HubSpot keep what they have.
    """


@role.command()
@tenant_argument
@click.argument("name")
@as_json
def default(tenant: str, name: str, as_json: bool) -> None:
    """Make a permission set the default for new users."""
    result = call("role.default", tenant=tenant, name=name)
    show(
        result,
        as_json,
        lambda _: say(f"New users whom no rule matches get {result['default_permission_set']}."),
    )
