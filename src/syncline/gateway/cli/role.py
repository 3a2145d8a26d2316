"""`syncline role …`: the permission set of those whom no rule matches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import say
from syncline.gateway.cli.proposing import change, confirmed, previewed


@click.group(cls=Noun)
def role() -> None:
    """Choose the permission set of new users whom no rule matches.

    The default role is for users Syncline creates; people already in HubSpot keep what they have.
    """


@role.command()
@tenant_argument
@click.argument("name")
@previewed
@confirmed
@as_json
def default(tenant: str, name: str, **how: Any) -> None:
    """Make a permission set the default for new users."""
    change(tenant, "role.default", {"name": name}, _set, **how)


def _set(result: Mapping[str, Any]) -> None:
    say(f"New users whom no rule matches get {result['default_permission_set']}.")
