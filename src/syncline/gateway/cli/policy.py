"""`syncline policy …`: what happens to leavers, and how people are written to HubSpot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.options import ON_OFF, Noun, as_json, tenant_argument
from syncline.gateway.cli.output import facts, show
from syncline.gateway.cli.proposing import change, confirmed, previewed
from syncline.gateway.cli.seam import call

LEAVER = click.Choice(["deactivate", "remove", "strip"])


@click.group(cls=Noun)
def policy() -> None:
    """Say what happens to leavers and how people are written to HubSpot.

    A tenant cannot go live before somebody has said what happens to leavers.
    """


@policy.command("set")
@tenant_argument
@click.option(
    "--deactivated", type=LEAVER, help="What to do at HubSpot when the provider deactivates someone."
)
@click.option("--deleted", type=LEAVER, help="What to do when it deletes someone; unset, the same as above.")
@click.option("--strip-to", metavar="SET", help="The empty permission set that strip gives.")
@click.option(
    "--email-from", type=click.Choice(["userName", "work"]), help="Which value is the e-mail at HubSpot."
)
@click.option("--welcome-email", type=ON_OFF, help="Whether HubSpot mails new users.")
@click.option(
    "--match-role-names", type=ON_OFF, help="Whether a role named like a permission set gives that set."
)
@click.option(
    "--domain", "domains", multiple=True, metavar="D", help="An e-mail domain to let through; repeatable."
)
@click.option("--any-domain", is_flag=True, help="Let every e-mail domain through again.")
@click.option("--create-users", type=ON_OFF, help="Whether users may be created.")
@click.option("--update-users", type=ON_OFF, help="Whether users may be changed.")
@click.option(
    "--deactivate-users", type=ON_OFF, help="Whether leavers may be deactivated, removed or stripped."
)
@click.option(
    "--deletion-threshold",
    type=click.IntRange(0),
    metavar="N",
    help="How many people may lose access in a day before the rest is staged (a fifth, 5 to 50).",
)
@click.option(
    "--approval-days",
    type=click.IntRange(1, 366),
    metavar="N",
    help="After how many days an approval nothing came of ends (30).",
)
@click.option(
    "--four-eyes", type=ON_OFF, help="Whether a second person must approve what one has; so must its end."
)
@click.option(
    "--drift",
    "drift",
    multiple=True,
    metavar="FIELD=CHOICE",
    help="What becomes of a field that somebody changed at HubSpot: report, enforce or accept; repeatable.",
)
@click.option(
    "--crm-attribute",
    "crm_attributes",
    multiple=True,
    metavar="NAME=on|off",
    help="Whether job_title, phone, time_zone or language of CRM records is kept in line (off); repeatable.",
)
@previewed
@confirmed
@as_json
def set_policy(
    tenant: str,
    domains: tuple[str, ...],
    any_domain: bool,
    drift: tuple[str, ...],
    crm_attributes: tuple[str, ...],
    preview: bool,
    expect: str | None,
    yes: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Change the policy of a tenant; what is not named stays as it is.

    deactivate takes access and keeps the data (needs the SCIM channel), remove deletes the profile, strip
    leaves an empty permission set: such a person can still sign in.
    """
    if domains and any_domain:
        raise click.UsageError("--domain and --any-domain contradict one another.")
    chosen = list(domains) if domains or any_domain else None
    met = dict(_field_and_choice(each) for each in drift) or None
    kept = dict(_attribute_and_switch(each) for each in crm_attributes) or None
    changed = {**given, "domains": chosen, "drift": met, "crm_attributes": kept}
    how: dict[str, Any] = {"preview": preview, "expect": expect, "yes": yes, "as_json": as_json}
    change(tenant, "policy.set", changed, policy_facts, **how)


@policy.command("show")
@tenant_argument
@as_json
def show_policy(tenant: str, as_json: bool) -> None:
    """Show the policy of a tenant."""
    show(call("policy.show", tenant=tenant), as_json, policy_facts)


def policy_facts(known: Mapping[str, Any]) -> None:
    """Print a policy, one line per switch."""
    facts((label.replace("_", " "), _said(label, value)) for label, value in known.items())


def _field_and_choice(text: str) -> tuple[str, str]:
    name, equals, choice = text.partition("=")
    if not equals:
        raise click.UsageError(f"--drift takes FIELD=report, FIELD=enforce or FIELD=accept, not {text!r}.")
    return name.strip().replace("-", "_"), choice.strip()


def _attribute_and_switch(text: str) -> tuple[str, bool]:
    name, _, switch = text.partition("=")
    if switch.strip() not in ("on", "off"):
        raise click.UsageError(f"--crm-attribute takes NAME=on or NAME=off, not {text!r}.")
    return name.strip().replace("-", "_"), switch.strip() == "on"


def _said(label: str, value: object) -> object:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ", ".join(f"{name}={_said(name, choice)}" for name, choice in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "any"
    if value is None:
        unset = {
            "deleted": "as deactivated",
            "deactivated": "not set",
            "deletion_threshold": "a fifth of the people, 5 to 50 a day",
        }
        return unset.get(label, "none")
    return value
