"""`syncline users …`: people, as the provider sent them and as HubSpot has them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from syncline.gateway.cli.events import event_rows
from syncline.gateway.cli.options import Noun, as_json, paged, tenant_argument
from syncline.gateway.cli.output import facts, heading, more, say, show, table
from syncline.gateway.cli.seam import call


@click.group(cls=Noun)
def users() -> None:
    """See people: what the identity provider sent, what HubSpot has, what is waiting and why.

    A user is a SCIM user: what the identity provider sent.
    """


@users.command("list")
@tenant_argument
@click.option("--state", help="Only those in this state, for example held.")
@click.option("--search", metavar="TEXT", help="Only those whose name or e-mail holds this text.")
@paged
@as_json
def list_users(
    tenant: str, state: str | None, search: str | None, limit: int, after: str | None, as_json: bool
) -> None:
    """List people with the state of their delivery."""
    result = call("users.list", tenant=tenant, state=state, search=search, limit=limit, after=after)
    show(result, as_json, _listed)


@users.command("show")
@tenant_argument
@click.argument("user")
@as_json
def show_user(tenant: str, user: str, as_json: bool) -> None:
    """Show one person (id, userName or e-mail): sent, decided, delivered, and the latest events."""
    show(call("users.show", tenant=tenant, user=user), as_json, _shown)


@users.command("release")
@tenant_argument
@click.argument("user")
@as_json
def release_user(tenant: str, user: str, as_json: bool) -> None:
    """Let somebody come back whom somebody else deactivated at HubSpot, or removed."""
    result = call("users.release", tenant=tenant, user=user)
    show(result, as_json, lambda told: say(f"{told['email']} is released."))


def _listed(result: Mapping[str, Any]) -> None:
    rows = [
        (
            entry["user_name"],
            entry["email"],
            entry["active"],
            entry["state"],
            _sentence(entry["hold"]),
            entry["id"],
        )
        for entry in result["users"]
    ]
    columns = ("user name", "e-mail", "active", "state", "held because", "id")
    table(columns, rows, empty="No such user.")
    more(result)


def _sentence(hold: object) -> object:
    return hold["sentence"] if isinstance(hold, Mapping) else hold


def _shown(result: Mapping[str, Any]) -> None:
    facts([("User name", result["user_name"]), ("E-mail", result["email"]), ("Id", result["id"])])
    heading("At the identity provider")
    _tree(result["scim"])
    heading("At HubSpot (last read)")
    _tree(result["hubspot"])
    heading("Delivery")
    facts((label.replace("_", " "), value) for label, value in result["delivery"].items())
    _decision(result["decision"])
    heading("Latest events")
    event_rows(result["events"])


def _tree(known: Mapping[str, Any] | None) -> None:
    if known is None:
        say("nothing")
        return
    facts((label, _flat(value)) for label, value in known.items())


def _flat(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value


def _decision(decision: Mapping[str, Any] | None) -> None:
    if decision is None:
        return
    heading("Decision")
    hold = decision["hold"]
    facts(
        [
            ("Change", decision["kind"]),
            ("Permission set", decision["permission_set"]),
            ("Primary team", decision["primary_team"]),
            ("Held because", hold["sentence"] if hold else None),
        ]
    )
    for reason in decision["reasons"]:
        say(f"- {reason}")
