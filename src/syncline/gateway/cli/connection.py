"""`syncline connection …`: the HubSpot account behind a tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from syncline.gateway.cli.options import Noun, as_json, secret, tenant_argument
from syncline.gateway.cli.output import facts, heading, say, show, table
from syncline.gateway.cli.proposing import previewed, show_preview
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def connection() -> None:
    """Connect a tenant to its HubSpot account and check what the connection can do.

    A connection has an API channel and, optionally, a SCIM channel.
    """


@connection.command("set")
@tenant_argument
@click.option("--base-url", metavar="URL", help="The API: https://api.hubapi.com, or a portal's address.")
@click.option(
    "--access-token", metavar="TOKEN", help="The app's static token or the service key; - asks for it."
)
@click.option(
    "--scim-base-url", metavar="URL", help="HubSpot's own SCIM address, the one that can deactivate."
)
@click.option("--scim-token", metavar="TOKEN", help="The token of that SCIM address; - asks for it.")
@click.option("--no-scim", "drop_scim", is_flag=True, help="Drop the SCIM channel the tenant has.")
@previewed
@as_json
def set_connection(
    tenant: str,
    base_url: str | None,
    access_token: str | None,
    scim_base_url: str | None,
    scim_token: str | None,
    drop_scim: bool,
    preview: bool,
    expect: str | None,
    as_json: bool,
) -> None:
    """Connect a tenant by a static token or a service key, and check the connection.

    With only the two SCIM options the SCIM channel is added and the API channel stays as it is; with only the other two
    the SCIM channel stays. Another account, or another base URL, makes the gateway forget what it knew of the account
    before, and sets the tenant back to plan. A token given as - is asked for, or read from standard input (the access
    token first), and so stays out of the shell's history.
    """
    given = {
        "base_url": base_url,
        "access_token": secret(access_token, "Access token"),
        "scim_base_url": scim_base_url,
        "scim_token": secret(scim_token, "SCIM token"),
        **({"drop_scim": True} if drop_scim else {}),
    }
    if preview:
        show_preview(tenant, "connection.set", given, as_json)
        return
    result = call("connection.set", tenant=tenant, expect=expect, **given)
    show(result, as_json, _checked)


@connection.command()
@tenant_argument
@click.option("--client-id", metavar="ID", help="An app of this tenant's own, not that of the settings.")
@click.option("--client-secret", metavar="SECRET", help="The secret of that app; - asks for it.")
@click.option("--base-url", metavar="URL", help="The API: https://api.hubapi.com, or a portal's address.")
@click.option("--authorize-url", metavar="URL", help="Where people sign in: https://app.hubspot.com.")
@click.option(
    "--with",
    "features",
    multiple=True,
    metavar="FEATURE",
    help="Ask for a feature ahead of its use: teams, paid-seats; repeatable.",
)
@click.option("--wait/--no-wait", default=True, help="Wait for the answer and check the connection.")
@as_json
def authorize(tenant: str, wait: bool, as_json: bool, **given: Any) -> None:
    """Connect a tenant by OAuth: a super admin signs in at HubSpot and grants it.

    Prints the address to open, and opens it when this is a terminal. Whoever opens it must be a super admin of the
    account. The address is good for fifteen minutes and one answer: pass it on to nobody else.
    """
    from syncline.gateway.cli.authorizing import begin, wait_for_answer

    given["client_secret"] = secret(given["client_secret"], "Client secret")
    given["features"] = list(given["features"]) or None
    begun = begin(tenant, given)
    if not wait:
        show(begun, as_json, lambda _begun: None)
        return
    wait_for_answer(tenant, begun)
    show(call("connection.check", tenant=tenant), as_json, _checked)


@connection.command()
@tenant_argument
@as_json
def revoke(tenant: str, as_json: bool) -> None:
    """End the tenant's grant at HubSpot and forget its credentials.

    Nothing is sent from then on. The tenant goes back to collecting, and its plan has to be approved anew.
    """
    show(call("connection.revoke", tenant=tenant), as_json, lambda result: say(result["message"]))


@connection.command()
@tenant_argument
@as_json
def check(tenant: str, as_json: bool) -> None:
    """Try the connection with harmless reads: the account, what each channel can do, what is missing."""
    show(call("connection.check", tenant=tenant), as_json, _checked)


@connection.command("show")
@tenant_argument
@as_json
def show_connection(tenant: str, as_json: bool) -> None:
    """Show the connection as it is set; secrets are never shown."""
    show(call("connection.show", tenant=tenant), as_json, _shown)


@connection.command()
@tenant_argument
@as_json
def resume(tenant: str, as_json: bool) -> None:
    """Try a quarantined or held connection again now.

    It goes on with one person, leavers first, and with everybody once that has worked. A quarantined connection is also
    tried by itself every hour; a held one waits for this command.
    """
    show(call("connection.resume", tenant=tenant), as_json, _shown)


def _shown(result: Mapping[str, Any]) -> None:
    apart = ("history", "missing")
    facts((label.replace("_", " "), _told(result[label])) for label in result if label not in apart)
    _missing(result["missing"])
    if result["history"]:
        heading("What has happened to it")
        table(("at", "what", ""), [(turn["at"], turn["what"], turn["summary"]) for turn in result["history"]])


def _checked(result: Mapping[str, Any]) -> None:
    limit = result.get("limit")
    facts(
        [
            ("HubSpot account", result["portal_id"]),
            ("Type", result["account_type"]),
            ("Users", result["users"]),
            ("Call limit", _limit(limit) if limit else None),
            ("Calls spent", result["calls_spent"]),
        ]
    )
    how = result.get("now") or {}
    facts([("Health", how.get("health")), ("Since", how.get("since")), ("What helps", how.get("fix"))])
    heading("Channels")
    table(("channel", "works", "can", "cannot"), [_channel(channel) for channel in result["channels"]])
    heading("Permission sets and teams")
    table(
        ("permission set", "id", "paid seat"),
        [(entry["name"], entry["id"], entry["paid"]) for entry in result["permission_sets"]],
        empty="The account shows no permission sets.",
    )
    table(
        ("team", "id"),
        [(entry["name"], entry["id"]) for entry in result["teams"]],
        empty="It shows no teams.",
    )
    if result.get("replaced"):
        say(result["replaced"])
    _missing(result["missing"])


def _missing(sentences: Sequence[str]) -> None:
    if sentences:
        heading("Missing")
        for sentence in sentences:
            say(f"- {sentence}")


def _told(value: object) -> object:
    return ", ".join(value) if isinstance(value, list) else value


def _limit(limit: Mapping[str, Any]) -> str:
    seconds = limit["interval_ms"] / 1000
    return f"{limit['max']} in {seconds:g} s, of which Syncline uses {limit['allowance']}"


def _channel(channel: Mapping[str, Any]) -> tuple[object, ...]:
    return channel["channel"], channel["ok"], ", ".join(channel["can"]), ", ".join(channel["cannot"])
