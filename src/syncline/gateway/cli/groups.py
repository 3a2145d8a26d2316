"""`syncline groups …`: groups as the provider sent them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, paged, tenant_argument
from syncline.gateway.cli.output import facts, heading, more, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def groups() -> None:
    """See groups as the identity provider sent them.

    Groups are inputs of rules; HubSpot's teams are something else.
    """


@groups.command("list")
@tenant_argument
@paged
@as_json
def list_groups(tenant: str, limit: int, after: str | None, as_json: bool) -> None:
    """List the groups of a tenant."""
    show(call("groups.list", tenant=tenant, limit=limit, after=after), as_json, _listed)


@groups.command("show")
@tenant_argument
@click.argument("group")
@as_json
def show_group(tenant: str, group: str, as_json: bool) -> None:
    """Show one group (id or name) with its members."""
    show(call("groups.show", tenant=tenant, group=group), as_json, _shown)


def _listed(result: Mapping[str, Any]) -> None:
    rows = [(entry["display_name"], entry.get("members"), entry["id"]) for entry in result["groups"]]
    table(("name", "members", "id"), rows, empty="The identity provider has sent no groups.")
    more(result)


def _shown(result: Mapping[str, Any]) -> None:
    facts([("Group", result["display_name"]), ("Id", result["id"])])
    heading("Members")
    rows = [(entry.get("display"), entry["value"]) for entry in result["members"]]
    table(("name", "id"), rows, empty="Nobody.")
