"""`syncline plan …`: what would happen in HubSpot, before it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import facts, heading, holds, say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def plan() -> None:
    """See what Syncline would do in HubSpot, and approve it.

    A tenant in plan mode decides everything and sends nothing.
    """


@plan.command("show")
@tenant_argument
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many people to show."
)
@as_json
def show_plan(tenant: str, limit: int, as_json: bool) -> None:
    """Show what would be created, taken over, changed and held, and why."""
    show(call("plan.show", tenant=tenant, limit=limit), as_json, _shown)


@plan.command()
@tenant_argument
@as_json
def approve(tenant: str, as_json: bool) -> None:
    """Approve the plan: existing HubSpot users with the same e-mail may be taken over."""
    show(call("plan.approve", tenant=tenant), as_json, _approved)


def _approved(result: Mapping[str, Any]) -> None:
    say(f"Approved by {result['approved_by']} at {result['approved_at']}: {_counted(result['counts'])}.")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "nothing to do"


def _shown(result: Mapping[str, Any]) -> None:
    facts(
        [
            ("Mode", result["mode"]),
            ("Would do", _counted(result["counts"])),
            ("Welcome e-mails", result["emails_sent"]),
            ("HubSpot read", result["read_at"]),
            ("Approved", result["approved_at"] or "not yet"),
        ]
    )
    heading("People")
    columns = (
        "e-mail",
        "change",
        "permission set",
        "primary team",
        "secondary teams",
        "what changes",
        "held because",
    )
    table(columns, [_person(person) for person in result["people"]], empty="Nothing would change.")
    holds(result["held"])
    _near_misses(result["near_misses"])


def _person(person: Mapping[str, Any]) -> tuple[object, ...]:
    hold = person["hold"]
    return (
        person["email"] or person["user_name"],
        person["kind"],
        person["permission_set"],
        person["primary_team"],
        ", ".join(person["secondary_teams"] or ()),
        "; ".join(_difference(difference) for difference in person["differences"]),
        hold["sentence"] if hold else None,
    )


def _difference(difference: Mapping[str, Any]) -> str:
    return f"{difference['field']}: {_value(difference['before'])} → {_value(difference['after'])}"


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)


def _near_misses(near_misses: list[Mapping[str, Any]]) -> None:
    if near_misses:
        heading("Did you mean")
    for near in near_misses:
        almost = f"almost the permission set “{near['permission_set']}”"
        say(f"- the role “{near['role']}” ({near['count']} people) is {almost}")
