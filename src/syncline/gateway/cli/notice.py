"""`syncline notice …`: who is told when something needs a person."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, tenant_argument
from syncline.gateway.cli.output import advise, facts, heading, say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def notice() -> None:
    """Say who is told when something needs a person, and see what was told.

    Notices go out by mail, once SYNCLINE_SMTP_HOST is set, and to webhooks.
    """


@notice.command("list")
@tenant_argument
@as_json
def list_notices(tenant: str, as_json: bool) -> None:
    """List what needs a person now or did lately, who is told, and what did not arrive."""
    show(call("notice.list", tenant=tenant), as_json, partial(_listed, tenant))


@notice.command()
@tenant_argument
@click.option("--email", metavar="ADDRESS", help="Send them to this e-mail address.")
@click.option("--webhook", metavar="URL", help="Send them to this address, signed after Standard Webhooks.")
@as_json
def subscribe(tenant: str, email: str | None, webhook: str | None, as_json: bool) -> None:
    """Send a tenant's notices to an e-mail address or a webhook.

    The secret of a webhook is printed once and never again.
    """
    result = call("notice.subscribe", tenant=tenant, email=email, webhook=webhook)
    show(result, as_json, partial(_subscribed, tenant))


@notice.command()
@tenant_argument
@click.argument("subscription")
@as_json
def unsubscribe(tenant: str, subscription: str, as_json: bool) -> None:
    """End a subscription, named by its id or its address; what still waits for it is dropped."""
    result = call("notice.unsubscribe", tenant=tenant, subscription=subscription)
    show(result, as_json, lambda ended: say(f"{ended['address']} is told nothing any more."))


@notice.command()
@tenant_argument
@as_json
def test(tenant: str, as_json: bool) -> None:
    """Send a test to everybody who is told, and say what came of it. Ends with 1 when one did not arrive."""
    result = call("notice.test", tenant=tenant)
    show(result, as_json, _tested)
    if any(each["error"] for each in result["sent"]):
        click.get_current_context().exit(1)


def _listed(tenant: str, result: Mapping[str, Any]) -> None:
    rows = [
        (each["raised_at"], each["ended_at"] or "stands", each["title"], each["says"])
        for each in result["notices"]
    ]
    table(("since", "over since", "what", ""), rows, empty="Nothing needs a person.")
    standing = [each for each in result["notices"] if each["ended_at"] is None]
    if standing:
        heading("What helps")
    for each in standing:
        say(f"  {each['title']}: {each['fix']}")
    heading("Who is told")
    columns = ("channel", "address", "id")
    table(
        columns,
        [[each[column] for column in columns] for each in result["subscriptions"]],
        empty=f"Nobody yet: syncline notice subscribe {tenant} --email … or --webhook …",
    )
    if result["undelivered"]:
        heading("Not delivered")
        table(
            ("address", "tries", "next try", "why"),
            [
                (each["address"], each["attempts"], each["next_try_at"] or "given up", each["error"])
                for each in result["undelivered"]
            ],
        )


def _subscribed(tenant: str, result: Mapping[str, Any]) -> None:
    facts([("Told", result["address"]), ("Id", result["id"]), ("Secret", result["secret"])])
    if result["secret"]:
        say("The secret is shown this once: give it to the receiver, which checks the signature with it.")
    advise(f"Next: syncline notice test {tenant}")


def _tested(result: Mapping[str, Any]) -> None:
    table(
        ("address", "what came of it"),
        [(each["address"], each["error"] or "arrived") for each in result["sent"]],
    )
