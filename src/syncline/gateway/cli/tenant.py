"""`syncline tenant …`: the customers of this gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import advise, facts, heading, holds, say, show, table
from syncline.gateway.cli.policy import policy_facts
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def tenant() -> None:
    """Create tenants, show them, move them from plan to live.

    One tenant is one customer: one SCIM address space, one HubSpot account.
    """


@tenant.command()
@click.argument("name")
@as_json
def create(name: str, as_json: bool) -> None:
    """Create a tenant; it collects what the identity provider sends until a HubSpot account is connected."""
    show(call("tenant.create", name=name), as_json, _created)


@tenant.command("list")
@as_json
def list_tenants(as_json: bool) -> None:
    """List the tenants with their mode and backlog."""
    show(call("tenant.list"), as_json, _listed)


@tenant.command("show")
@tenant_argument
@as_json
def show_tenant(tenant: str, as_json: bool) -> None:
    """Show one tenant: set-up, connection, deliveries, and what is held and why."""
    show(call("tenant.show", tenant=tenant), as_json, _shown)


@tenant.command()
@tenant_argument
@click.argument("mode", type=click.Choice(["plan", "live"]))
@as_json
def mode(tenant: str, mode: str, as_json: bool) -> None:
    """Switch a tenant: plan decides and sends nothing, live sends. Live needs a leaver policy."""
    show(call("tenant.mode", tenant=tenant, mode=mode), as_json, lambda result: say(result["message"]))


@tenant.command()
@tenant_argument
@click.option("--force", is_flag=True, help="Delete it even while it is live.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def delete(tenant: str, force: bool, yes: bool, as_json: bool) -> None:
    """Delete a tenant with all that is stored of it: people, groups, choices, tokens and logs.

    TENANT is its name. At HubSpot nothing is deleted: people stay as they are, and leavers are no longer taken out. An
    OAuth grant is revoked there. Only a backup brings a tenant back.
    """
    if not yes:
        click.confirm(f"Delete {tenant} with its people, choices, tokens and logs?", abort=True, err=True)
    result = call("tenant.delete", tenant=tenant, confirm=tenant, force=force)
    show(result, as_json, lambda told: say(told["message"]))


def _health(connection: Mapping[str, Any]) -> str:
    since = f" since {connection['since']}" if connection["since"] else ""
    trouble = f": {connection['trouble']}" if connection["trouble"] else ""
    return f"{connection['health']}{since}{trouble}"


def _created(result: Mapping[str, Any]) -> None:
    facts([("Tenant", result["name"]), ("Id", result["id"]), ("SCIM address", result["scim_base_url"])])
    advise(f"Next: syncline token create {result['name']}")


def _listed(result: Mapping[str, Any]) -> None:
    columns = ("name", "mode", "users", "groups", "backlog", "held", "id")
    rows = [[entry[column] for column in columns] for entry in result["tenants"]]
    table(columns, rows, empty="There is no tenant yet. Begin with: syncline tenant create NAME")


def _shown(result: Mapping[str, Any]) -> None:
    connection = result["connection"]
    approved = result["plan_approved_at"]
    facts(
        [
            ("Tenant", result["name"]),
            ("Id", result["id"]),
            ("Mode", result["mode"]),
            ("SCIM address", result["scim_base_url"]),
            ("HubSpot account", connection.get("portal_id") if connection else "not connected"),
            ("Connection", _health(connection) if connection else None),
            ("What helps", connection["fix"] if connection else None),
            ("Users, groups", f"{result['counts']['users']}, {result['counts']['groups']}"),
            ("Plan approved", f"{approved} by {result['plan_approved_by']}" if approved else "not yet"),
            ("Last heard from", result["last_contact_at"] or "nothing yet"),
        ]
    )
    heading("Policy")
    policy_facts(result["policy"])
    heading("Deliveries")
    facts([(state.replace("_", " "), count) for state, count in result["deliveries"].items()])
    holds(result["held"])
