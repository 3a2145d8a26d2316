"""`syncline live-check`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli import seam
from syncline.gateway.cli.options import Command, as_json, secret
from syncline.gateway.cli.output import say, show, table


@click.command("live-check", cls=Command)
@click.option(
    "--base-url",
    default="https://api.hubapi.com",
    show_default=True,
    metavar="URL",
    help="The account's API.",
)
@click.option(
    "--access-token", required=True, metavar="TOKEN", help="The token of a test account; - asks for it."
)
@click.option("--scim-base-url", metavar="URL", help="HubSpot's own SCIM address, to try that as well.")
@click.option("--scim-token", metavar="TOKEN", help="The token of that SCIM address; - asks for it.")
@click.option(
    "--domain",
    required=True,
    metavar="DOMAIN",
    help="Your own domain: the test user's address is made up in it.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def live_check(
    base_url: str,
    access_token: str,
    scim_base_url: str | None,
    scim_token: str | None,
    domain: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Put what we assume about HubSpot to the test, on one user it creates and removes.

    For a HubSpot *test* account. About 55 calls, half a minute. No welcome mail is sent, and nobody else is touched.
    The rows tried are those of docs/reference/assumptions.md; tell us what was refuted. Ends with 1 when something was.
    """
    if (scim_base_url is None) != (scim_token is None):
        raise click.UsageError("--scim-base-url and --scim-token go together.")
    if not yes:
        click.confirm(f"Create and remove a user of {domain} in this account?", abort=True, err=True)
    result = seam.live_check(
        base_url=base_url,
        access_token=secret(access_token, "Access token"),
        scim_base_url=scim_base_url,
        scim_token=secret(scim_token, "SCIM token"),
        domain=domain,
    )
    show(result, as_json, _shown)
    if result["refuted"]:
        click.get_current_context().exit(1)


def _shown(result: Mapping[str, Any]) -> None:
    rows = [(each["verdict"], each["assumption"], each["seen"]) for each in result["trials"]]
    table(("", "assumption", "seen"), rows)
    say(
        f"{result['confirmed']} confirmed, {result['refuted']} refuted, {result['not_testable']} not testable "
        f"with {result['email']}, who was removed."
    )
