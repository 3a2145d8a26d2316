"""`syncline roles …`: the roles and groups the identity provider sends, and which of them lead nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import facts, heading, say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def roles() -> None:
    """See which roles and groups arrive, how many people have them, and which no rule matches."""


@roles.command()
@tenant_argument
@click.option("--all", "everything", is_flag=True, help="Show those that are matched, too.")
@click.option(
    "--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="How many to look at."
)
@click.option("--after", metavar="ROLE", help="Go on with the roles after this one.")
@click.option("--search", metavar="TEXT", help="Only those with this in their name.")
@click.option("--groups-after", type=int, metavar="N", help="Go on with the groups after this one.")
@as_json
def seen(
    tenant: str,
    everything: bool,
    limit: int,
    after: str | None,
    search: str | None,
    groups_after: int | None,
    as_json: bool,
) -> None:
    """List the roles and groups that lead nowhere, and say what is wrong with how roles arrive."""
    result = call(
        "roles.seen",
        tenant=tenant,
        everything=everything or None,
        limit=limit,
        after=after,
        groups_after=groups_after,
        search=search,
    )
    show(result, as_json, _shown)


@roles.command()
@tenant_argument
@as_json
def attributes(tenant: str, as_json: bool) -> None:
    """List attributes a rule can look at, and values they have, told from the first people."""
    show(call("roles.attributes", tenant=tenant), as_json, _attributes)


def _attributes(result: Mapping[str, Any]) -> None:
    rows = [
        (each["attribute"], value["value"], value["people"])
        for each in result["attributes"]
        for value in each["values"]
    ]
    table(("attribute", "value", "people"), rows, empty="No attribute that rules look at has arrived.")
    say(f"Told from {result['looked_at']} people.")


def _shown(result: Mapping[str, Any]) -> None:
    expression = result["expression"]
    facts(
        [
            ("Role rules", result["role_rules"]),
            ("Roles received", result["roles_received"]),
            ("They arrive as by", expression["name"] if expression else None),
        ]
    )
    for sentence in result["findings"]:
        say(f"! {sentence}")
    heading("Roles")
    table(
        ("role", "people", "matched by", "did you mean"),
        [
            (each["role"], each["people"], each["matched_by"], each["did_you_mean"])
            for each in result["roles"]
        ],
        empty="Every role here leads somewhere." if result["roles_received"] else "None has been received.",
    )
    heading("Groups")
    table(
        ("group", "members", "matched by", "id"),
        [
            (each["display_name"], each["members"], each["matched_by"], each["id"])
            for each in result["groups"]
        ],
        empty="There is no group that a rule does not look at.",
    )
    if result["next"] is not None:
        say(f"There are more roles: add --after {result['next']!r}")
    if result["next_group"] is not None:
        say(f"There are more groups: add --groups-after {result['next_group']}")
