"""`syncline rule …`: from roles, groups and attributes to permission sets, teams and seats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import facts, say, show, table
from syncline.gateway.cli.proposing import change, confirmed, previewed
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def rule() -> None:
    """Map roles, groups and attributes to permission sets, teams and seats.

    Rules are ordered: each output comes from the first rule that sets it; secondary teams add up.
    """


@rule.command()
@tenant_argument
@click.option("--role", metavar="NAME", help="When the person has exactly this role.")
@click.option("--group", metavar="NAME|ID", help="When the person is a direct member of this group.")
@click.option("--attribute", metavar="PATH", help="When this attribute …, for example department or title.")
@click.option("--equals", metavar="VALUE", help="… has exactly this value.")
@click.option("--permission-set", metavar="NAME", help="The permission set to give.")
@click.option("--primary-team", metavar="NAME", help="The primary team to give.")
@click.option(
    "--secondary-team", "secondary_teams", multiple=True, metavar="NAME", help="A further team; repeatable."
)
@click.option("--seat", metavar="NAME", help="The seat to give; `seats list` shows them.")
@click.option("--position", type=click.IntRange(min=1), help="Where in the order; unset, at the end.")
@previewed
@confirmed
@as_json
def add(
    tenant: str,
    role: str | None,
    group: str | None,
    attribute: str | None,
    equals: str | None,
    permission_set: str | None,
    primary_team: str | None,
    secondary_teams: tuple[str, ...],
    seat: str | None,
    position: int | None,
    **how: Any,
) -> None:
    """Add a rule: one condition, and what it gives.

    In a live tenant a rule that changes people is asked about first, or needs --yes or --expect.
    """
    if sum(value is not None for value in (role, group, attribute)) != 1:
        raise click.UsageError("A rule has one condition: --role, --group, or --attribute with --equals.")
    if (attribute is None) != (equals is None):
        raise click.UsageError("--attribute and --equals belong together.")
    given = {
        "role": role,
        "group": group,
        "attribute": attribute,
        "equals": equals,
        "permission_set": permission_set,
        "primary_team": primary_team,
        "secondary_teams": list(secondary_teams),
        "seat": seat,
        "position": position,
    }
    change(tenant, "rule.add", given, lambda added: _rules([added]), **how)


@rule.command("list")
@tenant_argument
@as_json
def list_rules(tenant: str, as_json: bool) -> None:
    """List the rules in their order, and what holds when none matches."""
    show(call("rule.list", tenant=tenant), as_json, _listed)


@rule.command()
@tenant_argument
@click.argument("rule_id")
@click.argument("position", type=click.IntRange(min=1))
@previewed
@confirmed
@as_json
def move(tenant: str, rule_id: str, position: int, **how: Any) -> None:
    """Move a rule to another place in the order."""
    change(tenant, "rule.move", {"rule_id": rule_id, "position": position}, _moved, **how)


@rule.command()
@tenant_argument
@click.argument("rule_id")
@previewed
@confirmed
@as_json
def remove(tenant: str, rule_id: str, **how: Any) -> None:
    """Remove a rule; the people it placed are decided again."""
    said = f"Rule {rule_id} is removed."
    change(tenant, "rule.remove", {"rule_id": rule_id}, lambda _: say(said), **how)


def _moved(rule: Mapping[str, Any]) -> None:
    say(f"Rule {rule['id']} is now at position {rule['position']}.")


def _listed(result: Mapping[str, Any]) -> None:
    _rules(result["rules"])
    facts(
        [
            ("Match role names", "on" if result["match_role_names"] else "off"),
            (
                "Default permission set",
                result["default_permission_set"] or "none: HubSpot's minimal permissions",
            ),
        ]
    )


def _rules(rules: list[Mapping[str, Any]]) -> None:
    rows = [
        (
            known["position"],
            known["when"] if known["group"] is None else f"{known['when']} ({known['group']})",
            known["sets"]["permission_set"],
            known["sets"]["primary_team"],
            ", ".join(known["sets"]["secondary_teams"]),
            known["sets"]["seat"],
            known["id"],
        )
        for known in rules
    ]
    columns = ("position", "when", "permission set", "primary team", "secondary teams", "seat", "id")
    table(columns, rows, empty="There are no rules yet. Add one with: syncline rule add TENANT --role NAME …")
