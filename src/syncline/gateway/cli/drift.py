"""`syncline drift …`: what was changed at HubSpot by somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, paged, tenant_argument
from syncline.gateway.cli.output import more, say, show, table
from syncline.gateway.cli.seam import call

_fields = click.option(
    "--field", "fields", multiple=True, metavar="FIELD", help="Only this field; repeatable. Left out, all."
)


@click.group(cls=Noun)
def drift() -> None:
    """See what was changed at HubSpot by others, and enforce or accept it.

    HubSpot's value stays until somebody decides, unless `policy set --drift` decides for all. What the identity
    provider asks for anew always goes out.
    """


@drift.command("list")
@tenant_argument
@click.option("--field", metavar="FIELD", help="Only this field, such as permission_set.")
@paged
@as_json
def list_drift(tenant: str, field: str | None, limit: int, after: str | None, as_json: bool) -> None:
    """List what differs, by e-mail."""
    show(call("drift.list", tenant=tenant, field=field, limit=limit, after=after), as_json, _listed)


@drift.command()
@tenant_argument
@click.argument("person")
@_fields
@as_json
def enforce(tenant: str, person: str, fields: tuple[str, ...], as_json: bool) -> None:
    """Deliver again what the identity provider wants for one person; every hold still applies."""
    result = call("drift.enforce", tenant=tenant, user=person, fields=list(fields))
    show(
        result,
        as_json,
        lambda told: say(f"{told['email']}: {', '.join(told['fields'])} will be delivered again."),
    )


@drift.command()
@tenant_argument
@click.argument("person")
@_fields
@as_json
def accept(tenant: str, person: str, fields: tuple[str, ...], as_json: bool) -> None:
    """Let HubSpot's value stand for one person until the identity provider wants another."""
    result = call("drift.accept", tenant=tenant, user=person, fields=list(fields))
    show(
        result,
        as_json,
        lambda told: say(f"{told['email']}: {', '.join(told['fields'])} stays as HubSpot has it."),
    )


def _listed(result: Mapping[str, Any]) -> None:
    rows = [
        (each["email"], each["field"], each["wanted"], each["at_hubspot"], _who(each["by"]), each["policy"])
        for each in result["drift"]
    ]
    columns = ("e-mail", "field", "wanted", "at HubSpot", "changed by", "policy")
    table(columns, rows, empty="Nothing differs that was not asked for.")
    more(result)


def _who(by: Mapping[str, Any] | None) -> str:
    if by is None:
        return "unknown"
    if by["actor"] is None:
        return str(by["how"])
    return " ".join(str(each) for each in (by["actor"], by["at"]) if each)
